"""What a page is, where that can be told for sure; anything else is taken for an article."""

from __future__ import annotations

import re

from extractors.document import Document, types_of
from extractors.surroundings import cards, host_of
from extractors.text import BLOCKS
from vedette.challenge import LITTLE, asks_for_consent, asks_whether_human
from vedette.model import PageKind

ERROR = re.compile(
    r"^(?:error )?(?:403|404|410|429|451|500|502|503)\b|\b(?:404|403) (?:error|not found|forbidden)"
    r"|(?:page|article|url|document)(?: was)? not found|page (?:can.t|cannot|could not) be found"
    r"|page (?:does not|doesn.t) exist|nothing (?:was )?found$"
    r"|^access (?:to this page has been )?denied|^(?:internal server error|bad gateway|too many requests)"
    r"|service (?:temporarily )?unavailable|unavailable (?:due to|for) legal reasons"
    r"|not available in your (?:country|region)"
    r"|^(?:site |website |the site is |we.re )?(?:currently )?(?:down for|under) maintenance"
    r"|^we.ll be (?:right )?back soon"
    r"|pagina non (?:trovata|disponibile)|(?:page|article) (?:introuvable|non trouvée?)"
    r"|seite (?:wurde )?nicht gefunden"
    r"|wartungsarbeiten$|sito in manutenzione|site en maintenance|página (?:no|não) (?:encontrada|existe)"
    r"|(?:sayfa|haber) bulunamadı|bakım çalışması$|(?:страница|статья|новость) (?:не найдена|не существует)"
    r"|^(?:ведутся|проводятся) технические работы|(?:səhifə|xəbər) (?:tapılmadı|mövcud deyil)|сторінк[ау] не знайдено"
    r"|nie znaleziono strony|strona nie (?:została znaleziona|istnieje)|pagina(?: is)? niet gevonden"
    r"|stránka nenalezena"
    r"|sidan (?:kunde inte hittas|hittades inte)|siden (?:blev )?ikke f(?:u|i)nnet|siden findes ikke|sivua ei löyt"
    r"|η σελίδα δεν βρέθηκε|(?:صفحه|صفحهٔ) (?:مورد نظر )?(?:یافت|پیدا) نشد|الصفحة (?:غير موجودة|المطلوبة غير)"
    r"|לא נמצא(?:ה)?$|էջը (?:չի գտնվել|գոյություն չունի)|გვერდი (?:ვერ|არ) მოიძებნა|页面不存在|找不到(?:页面|網頁"
    r"|页)|頁面不存在"
    r"|ページ(?:が|は)(?:見つかりません|存在しません)|페이지를 찾을 수 없",
    re.IGNORECASE,
)
COOKIES = re.compile(
    r"(?:this|our) (?:web)?site uses cookies|wir verwenden cookies|çerezlerden yararlan|kukilərdən istifadə"
    r"|(?:мы|сайт) используе[мт] (?:файлы )?cookie|使用\s*cookie|cookieを使用|쿠키를 사용|ملفات تعريف الارتباط",
    re.IGNORECASE,
)
"""What every site says somewhere, and a page that has little else says alone."""
SEARCH = re.compile(
    r"^(?:search(?: results)?\b|results for\b|you searched for|suchergebnis|risultati (?:della )?ricerca"
    r"|résultats de (?:la )?recherche"
    r"|resultados de (?:la )?b[uú]squeda|arama sonu|axtarış nəticə|результаты поиска|результати пошуку"
    r"|wyniki wyszukiwania"
    r"|نتایج جستجو|نتائج البحث|搜索结果|検索結果|검색 ?결과)",
    re.IGNORECASE,
)
LOGIN = re.compile(
    r"^(?:log ?-?in|sign ?-?in|login|member login|anmelden|anmeldung|accedi|connexion|se connecter|iniciar sesión"
    r"|entrar|войти"
    r"|вход|авторизация|увійти|giriş(?: yap)?|üye girişi|daxil ol|logowanie|zaloguj|inloggen|logga in|logg inn"
    r"|ورود|تسجيل الدخول"
    r"|登录|登錄|ログイン|로그인)(?!\w)",
    re.IGNORECASE,
)
AGE = re.compile(
    r"age verification|(?:must be|are you|i am|you are)[^.?!]{0,20} (?:over |at least )?(?:18|21)\b|(?:18"
    r"|21) (?:years )?or older"
    r"|sind sie (?:schon |über )?18|hai (?:più di|almeno) 18|avez-vous (?:plus de )?18|мне (?:есть )?18"
    r"|18 yaşından büyük",
    re.IGNORECASE,
)
SHELL = re.compile(
    r"enable javascript|javascript (?:is (?:disabled|required)|aktivieren|abilita)|requires javascript"
    r"|activer javascript"
    r"|habilit\w+ javascript|включите javascript|увімкніть javascript|javascript.i etkinleştir|启用 ?javascript"
    r"|javascriptを有効|browser is not supported|unsupported browser|update your browser|does not support pdf",
    re.IGNORECASE,
)
GEO = re.compile(
    r"access(?:ing)? this (?:web)?site from a (?:country|region)|not available in your (?:country|region|location)",
    re.IGNORECASE,
)
PAY = re.compile(
    r"to (?:continue|keep) reading|to read the (?:full|rest|whole)|(?:article|story|content) is (?:only "
    r"|exclusively |reserved )*"
    r"for (?:our )?\w* ?(?:subscribers|members)|already a (?:subscriber|member)\?|(?:jetzt )?weiterlesen mit"
    r"|dieser artikel ist nur für"
    r"|bereits abonnent|la suite (?:de cet article )?est réservée|il vous reste [\d,.]+ ?%"
    r"|article (?:est )?réservé (?:à nos|aux) abonnés"
    r"|riservato agli abbonati|per continuare a leggere|exclusivo para suscriptores|para seguir leyendo"
    r"|para continuar lendo"
    r"|exclusivo para assinantes|только (?:для подписчиков|подписчикам)|чтобы (?:читать дальше|продолжить чтение)"
    r"|лише передплатникам"
    r"|devam(?:ı|ını)[^.]{0,20} abone|okumaya devam etmek için|oxumağa davam etmək üçün|tylko dla prenumeratorów"
    r"|aby czytać dalej"
    r"|this is a preview|订阅后(?:继续)?阅读|この記事は(?:会員|有料)|有料会員限定|유료 ?(?:회원|기사)",
    re.IGNORECASE,
)
LIVE = re.compile(
    r"^live\b(?!ly)|\blive(?:blog|ticker| blog| updates?|-ticker)\b|minute by minute|as it happened|\ben direct\b"
    r"|\bin diretta\b"
    r"|^diretta\b|\ben vivo\b|minuto a minuto|прям(?:ой эфир|ая трансляция)|онлайн-трансляция|наживо|^canlı\b"
    r"|na żywo|实时更新|速報中",
    re.IGNORECASE,
)
CLOCK = re.compile(r"(?:^|\n)\W{0,3}(?:[01]?\d|2[0-3])[:.h][0-5]\d\b")
POSTS = 4
"""Times of day that a live blog has."""
NOTHING = 250
"""Characters of text below which what a page loads says what it is."""
TEASER = 1500
HEADLINE = 25
"""Characters of a link that is another article's headline."""
MANY = 10
"""Such links that make a listing of a page without an article."""


def page_kind(document: Document, title: str, text: str) -> tuple[PageKind, str]:
    """The kind and what shows it."""
    kinds = {name for node in document.jsonld for name in types_of(node)}
    stated = bool(document.jsonld_article) or document.first_meta("og:type").lower() == "article"
    if len(text) < LITTLE and (hindrance := _hindrance(document, title, text)):
        return hindrance
    if "liveblogposting" in kinds:
        return PageKind.LIVE_BLOG, "says it is a LiveBlogPosting"
    if LIVE.search(title) and len(CLOCK.findall(text)) + len(document.tree.findall(".//time")) >= POSTS:
        return PageKind.LIVE_BLOG, f"its title is {title!r}, and it tells by the clock"
    if not document.jsonld_article and (other := _other(document, kinds, stated, text)):
        return other
    if not stated and (why := _listing(document, title, text, kinds)):
        return PageKind.LISTING, why
    if len(text) < TEASER:
        if document.paywalled:
            return PageKind.TEASER, "says it is not free and has little text"
        if text and (found := PAY.search(_seen(document))):
            return PageKind.TEASER, f"has little text and says {found[0]!r}"
    return PageKind.ARTICLE, "has a text"


def _hindrance(document: Document, title: str, text: str) -> tuple[PageKind, str] | None:
    """What a page with little text asks of its readers, or tells them instead of an article."""
    headings = [" ".join(h.text_content().split()) for h in document.tree.xpath("//h1 | //h2")[:3]]
    heads = [title, *headings]
    said = text or _seen(document)[:LITTLE]
    told = "\n".join((*heads, said))
    stated = bool(document.jsonld_article)
    markup = document.html[:200_000]
    if not stated and (asks_whether_human(told) or (len(said) < NOTHING and asks_whether_human(markup))):
        return PageKind.CAPTCHA, "asks whether the reader is human"
    if not stated and (asks_for_consent(told, markup) or (len(said) < NOTHING and COOKIES.search(told))):
        return PageKind.CONSENT, "asks for consent and shows nothing else"
    if wrong := next((head for head in heads if ERROR.search(head)), ""):
        return PageKind.ERROR, f"its title is {wrong!r}"
    if GEO.search(said):
        return PageKind.ERROR, "is not shown in this country"
    if any(LOGIN.search(head) for head in heads) and document.tree.xpath("//input[@type='password']"):
        return PageKind.LOGIN, "asks the reader to sign in"
    if AGE.search(told) and not stated:
        return PageKind.OTHER, "asks for the reader's age"
    if len(said) < NOTHING and SHELL.search(told) and not stated:
        return PageKind.OTHER, "asks for JavaScript or another browser and shows nothing else"
    if any(SEARCH.search(head) for head in heads):
        return PageKind.LISTING, f"its title is {title!r}"
    return None


def _other(document: Document, kinds: set[str], stated: bool, text: str) -> tuple[PageKind, str] | None:
    """What a page that says of itself that it is something else."""
    og_type = document.first_meta("og:type").lower()
    if len(text) < LITTLE and ("videoobject" in kinds or og_type.startswith("video")):
        return PageKind.VIDEO, "says it is a video and has little text"
    if not stated and "jobposting" in kinds:
        return PageKind.OTHER, "says it is a job advertisement"
    if not stated and ("product" in kinds or og_type.startswith("product")) and len(text) < TEASER:
        return PageKind.OTHER, "says it is a product"
    return None


def _listing(document: Document, title: str, text: str, kinds: set[str]) -> str:
    """Why a page is one of links, "" where it is not: its paragraphs are headlines, or it has little else than them."""
    if kinds & {"collectionpage", "itemlist", "searchresultspage"} and len(text) < LITTLE:
        return "says it is a collection and has little text"
    paragraphs = [p for p in text.split("\n\n") if p]
    if len(text) < LITTLE:
        heads = [" ".join(a.text_content().split()) for a in document.tree.iter("a")]
        many = len({head for head in heads if len(head) >= HEADLINE}) >= MANY
        if many and not text:
            return "nothing but links"
        if many and len(title.split()) <= 3 and not document.tree.xpath("//time | //*[@itemprop='datePublished']"):
            return "little text, no date and many links"
    if len(paragraphs) < 5:
        return ""
    elsewhere = {" ".join(a.text_content().split()) for a in document.tree.iter("a")}
    for card in cards(document.tree, host_of(document.page.url)):
        elsewhere.update(" ".join(element.text_content().split()) for element in card.iter(*BLOCKS, "span"))
    linked = sum(len(p) for p in paragraphs if p in elsewhere)
    return "most of its text is links" if linked > 0.6 * len(text) else ""


def _seen(document: Document) -> str:
    """What the page shows, scripts left out."""
    body = document.tree.find("body")
    if body is None:
        return ""
    return " ".join(" ".join(body.xpath(".//text()[not(parent::script or parent::template)]")).split())

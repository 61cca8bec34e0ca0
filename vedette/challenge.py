"""Pages that stand in the way of others, with whatever status: they ask whether the reader is human, or for consent.

What is asked is told by the marks of those who sell such pages, which are the same in all languages, and else by what
the page says. It is believed only of pages that show little else: any site may have a banner, or a form with a captcha.
"""

from __future__ import annotations

import re

LITTLE = 600
"""Characters of an article below which its page may be in the way of another."""
SHOWN, SHOWN_IN_PLACE = 1500, 4000
"""Characters that a page shows at most, menus and all, to be in the way of others: where its words or marks could stand
on any page, and where it came in place of something that is no page at all."""

CAPTCHA = re.compile(
    r"verify (that )?you are (a )?human|checking (if the site connection is secure|your browser)|are you a robot"
    r"|enable javascript and cookies to continue|unusual traffic from your|complete the security check|px-captcha"
    r"|cf-challenge|captcha-delivery\.com|incapsula incident|anubis_challenge|_cf_chl_opt|/_sec/cp_challenge",
    re.IGNORECASE,
)
PERHAPS_CAPTCHA = re.compile(
    # marks of those who sell such pages: Cloudflare, AWS, Arkose, Google and others
    r"/cdn-cgi/challenge-platform|cf-turnstile|awswaf\.com/[^\s<>]{0,200}challenge|awswafcookie|arkoselabs\.com|geetest"
    r"|/\.within\.website/|hcaptcha\.com/1/api|class=.?(g-recaptcha|h-captcha)|friendlycaptcha|ddos-guard|_incapsula_resource"
    r"|sucuri website firewall"
    # words
    r"|human verification|confirm (that )?you(.re| are) (a |not a )?(human|robot|bot)|just a moment\.\.\."
    r"|(prove|sure) (that )?you(.re| are|&#39;re) not a (ro)?bot|enable js and disable any ad blocker"
    r"|security verification|kein roboter|pas un robot|non sei un robot|no (eres|soy) un robot|não (é|sou) um robô"
    r"|geen robot|nie jesteś robotem|robot olmadığın|не (робот|бот)\b|ρομπότ|robot deyil"
    r"|ロボットではない|로봇이 아닙니다"
    r"|verifying you are human|review the security of your connection|make sure it is actually you"
    r"|using automation tools to browse|incapsula incident id|security service to protect itself from online attacks"
    r"|запросы отправляли вы|robot olmadığınızı təsdiq|不是机器人|完成(?:安全)?验证"
    r"|安全验证|人机验证|我不是机器人|لست (روبوتا|برنامج روبوت)|ربات نیستید|אינך רובוט",
    re.IGNORECASE,
)
CONSENT = re.compile(
    r"before you continue|we value your privacy|manage (your )?(cookie|privacy) (settings|preferences)"
    r"|accept all cookies|alle akzeptieren|accepter et continuer|accetta e continua|çerezleri kabul|принять все cookie"
    r"|store and(?:/or)? access information on (?:a|your) device|(?:wir und unsere|noi e i nostri|nous et nos"
    r"|nosotros y nuestros|nós e os nossos|wij en onze|my i nasi|vi och våra|vi og våre|vi og vores|my a naši|мы и наши"
    r"|ми та наші|biz ve) (?:\d+ )?(?:zaufani )?"
    r"(?:partner|fornitori|partenaires|socios|parceiros|partneř|партн[её]р|ortak)"
    r"|continuer sans accepter|accepter et fermer|aceptar y continuar|szanujemy twoją prywatność|privacy gate",
    re.IGNORECASE,
)
ACCEPT = re.compile(
    r"(accept|agree to|allow|reject) (all|and (close|continue))|i (accept|agree|consent)|akzeptieren|zustimm"
    r"|accepter|accetta|acconsent|acept(ar|o)\b|aceitar|concordo|akkoord|akceptuj|zgadzam się"
    r"|przejdź do serwisu|godkänn|acceptera|godta|hyväksy|kabul et|принять все|принимаю"
    r"|согла(сен|ситься)|прийняти|souhlasím|přijmout|elfogad|accept(ă|ați)|αποδοχή|prihvat|同意|すべて受け入れ|동의",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"cookie|gdpr|dsgvo|rgpd|our (\d+ )?partners|unsere partner|nos partenaires|nostri partner|nuestros socios"
    r"|privac|privat|datenschutz|einwilligung|consent|zgod|çerez|партнер|конфиденциальн|隐私|プライバシー|개인정보",
    re.IGNORECASE,
)
UNSEEN = re.compile(r"<(script|style|template)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)|<[^<>]*>", re.IGNORECASE | re.DOTALL)


def asks_whether_human(markup: str) -> bool:
    """Whether a page with little or no article asks whether its reader is human."""
    return bool(CAPTCHA.search(markup) or (PERHAPS_CAPTCHA.search(markup) and shows_little(markup)))


def asks_for_consent(text: str, markup: str) -> bool:
    """Whether the little text of a page asks for consent to cookies and the like."""
    return bool(CONSENT.search(text) or (ACCEPT.search(text) and ABOUT.search(text) and shows_little(markup)))


def shows_little(markup: str, most: int = SHOWN) -> bool:
    """Whether a reader sees at most so many characters of a page."""
    return len(" ".join(UNSEEN.sub(" ", markup).split())) <= most

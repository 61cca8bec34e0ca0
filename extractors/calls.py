"""Lines that a site writes into its articles to win readers: subscribe, log in, take our newsletter."""

from __future__ import annotations

import re

LONGEST = 240
"""Characters of a paragraph that can be such a line; longer ones tell something."""
_CALL = re.compile(
    r"^(?:(?:please |to (?:read|keep reading|continue)[^.!?]{0,40}, )?(?:subscribe|log in|sign in|sign up|register)"
    r" (?:now|today|here|to|for|with)\b"
    r"|(?:already|not yet) (?:a subscriber|a member|subscribed|registered)\b"
    r"|this (?:article|content|story) is (?:only |reserved |exclusively |available )*(?:for|to) (?:our )?"
    r"(?:\w+ )?(?:subscribers|members)\b"
    r"|(?:abbonati|iscriviti) (?:ora|subito|per|a|al|alla|alle)\b|(?:contenuto|articolo) riservato agli abbonati"
    r"|sei già abbonato|abonnez-vous\b|inscrivez-vous à|déjà abonnée?\b"
    r"|(?:cet article|contenu) (?:est )?réservée? (?:à nos|aux) abonnés"
    r"|jetzt (?:abonnieren|registrieren|anmelden)\b|(?:bereits|schon) (?:abonnent|registriert|kunde)\b"
    r"|dieser (?:artikel|inhalt) ist nur für (?:unsere )?(?:abonnenten|registrierte)"
    r"|(?:suscríbete|suscríbase|regístrate|regístrese)\b|(?:contenido|artículo) (?:exclusivo )?para suscriptores"
    r"|¿?ya eres suscriptor|okumaya devam etmek için (?:abone|üye|giriş)|(?:hemen )?abone olun\b"
    r"|bültenimize (?:abone|kayıt)"
    r"|(?:kanalımıza|bizə) abunə olun|oxumağa davam etmək üçün (?:abunə|qeydiyyat)"
    r"|(?:подпишитесь|подписывайтесь) на (?:наш|рассылку|нас)|оформите подписку"
    r"|(?:статья|материал) доступ\w+ (?:только )?(?:по подписке|подписчикам)"
    r"|(?:підпишіться|підписуйтесь|підписуйтеся) на (?:наш|розсилку|нас)|оформіть передплату"
    r"|(?:구독하고|로그인하고|구독하시면)|(?:订阅|登录)(?:后|以)(?:继续|阅读)|اشترك (?:في نشرتنا|الآن)"
    r"|للاشتراك في"
    r"|(?:follow|join|find|add) us (?:on|as)\b|"
    r"(?:follow|join) [^.!?]{2,40} on (?:google news|whatsapp|telegram|facebook|x|twitter)\b"
    r"|get in touch with our\b|for more stories like this\b|we want to hear what you think\b"
    r"|you must confirm your public display name|please log ?out and then log ?in"
    r"|il vous reste [\d.,]+ ?% de cet article|comentários com textos|puede escribirnos a\b"
    r"|mit diesem button kannst|(?:google news|whatsapp)[^.!?]{0,40}(?:takip edin|abone)"
    r"|[^.!?]{0,40}(?:nachrichten|news|whatsapp)[^.!?]{0,20} (?:auf|in) whatsapp\?)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:advertisement|advertising|sponsored|reklam|anzeige|werbung|publicité|pubblicità|publicidad|publicidade|реклама|广告"
    r"|tags?|etiketler|schlagworte|mots[- ]clés|etiquetas|теги|теґи|关键词|read (?:more|also|next)|more on this"
    r"|leggi anche|lire aussi|lesen sie auch|lee también|leia também|читайте также|читайте також|okuyun|czytaj więcej"
    r"|share(?: this(?: article| story)?)?|(?:\d+ )?comments?|tell us what you think|print|listen)[\s.:…]*",
    re.IGNORECASE,
)
"""Labels that stand alone in a paragraph, their contents being elsewhere."""
_RIGHTS = re.compile(
    r"^(?:©|\(c\)|copyright\b)|all rights reserved|tutti i diritti riservati|tous droits réservés"
    r"|alle rechte vorbehalten"
    r"|todos los derechos reservados|todos os direitos reservados|wszelkie prawa zastrzeżone|tüm hakları saklıdır"
    r"|bütün hüquqlar(?:ı)? qorunur|все права защищены|усі права захищено|جميع الحقوق محفوظة|كل الحقوق محفوظة"
    r"|版权所有|版權所有|무단 ?전재|無断転載|բոլոր իրավունքները պաշտպանված|ყველა უფლება დაცულია",
    re.IGNORECASE,
)
"""What is said under everything that a site publishes."""


def without_calls(text: str) -> str:
    """The text without such paragraphs; a text that has nothing else stays as it is."""
    paragraphs = text.split("\n\n")
    kept = [p for p in paragraphs if len(p) > LONGEST or not _is_call(p.lstrip("»›>*•-– "))]
    return "\n\n".join(kept) or text


def _is_call(paragraph: str) -> bool:
    return bool(_CALL.match(paragraph) or _LABEL.fullmatch(paragraph) or _RIGHTS.search(paragraph))

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
    r"|للاشتراك في)",
    re.IGNORECASE,
)


def without_calls(text: str) -> str:
    """The text without such paragraphs; a text that has nothing else stays as it is."""
    paragraphs = text.split("\n\n")
    kept = [p for p in paragraphs if len(p) > LONGEST or not _CALL.match(p.lstrip("»›>*•-– "))]
    return "\n\n".join(kept) or text

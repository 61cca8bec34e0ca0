"""Pages that stand in the way of others with status 200: they ask whether the reader is human, or for consent."""

from __future__ import annotations

import re

CAPTCHA = re.compile(
    r"verify (that )?you are (a )?human|checking (if the site connection is secure|your browser)|are you a robot"
    r"|enable javascript and cookies to continue|unusual traffic from your|complete the security check|px-captcha"
    r"|cf-challenge|/cdn-cgi/challenge-platform|geetest|hcaptcha\.com/1/api",
    re.IGNORECASE,
)
CONSENT = re.compile(
    r"before you continue|we value your privacy|manage (your )?(cookie|privacy) (settings|preferences)"
    r"|accept all cookies|alle akzeptieren|accepter et continuer|accetta e continua|çerezleri kabul|принять все cookie",
    re.IGNORECASE,
)

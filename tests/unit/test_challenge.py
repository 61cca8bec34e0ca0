"""Pages in the way of others, as those who sell them write them, and pages that only look so."""

from __future__ import annotations

import pytest

from crawler.health import challenge
from extractors.document import Document
from extractors.page_kind import page_kind
from vedette.model import FetchOutcome, Page, PageKind

CAPTCHAS = {
    "cloudflare": "<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'>",
    "turnstile": "<title>Attention</title><div class='cf-turnstile' data-sitekey='0x4'></div>",
    "datadome": "<p>Please enable JS and disable any ad blocker</p><script src='https://ct.captcha-delivery.com/c.js'>",
    "imperva": "<iframe src='/_Incapsula_Resource?CWUDNSAI=9'>Request unsuccessful. Incapsula incident ID: 1-2</iframe>",
    "human": "<title>Access to this page has been denied</title><div id='px-captcha'></div>",
    "aws": "<title>Human Verification</title><script src='https://1.token.awswaf.com/1/challenge.js'></script>",
    "anubis": "<title>Making sure you&#39;re not a bot!</title><script id='anubis_challenge'>{}</script>",
    "google": "<form><div class='g-recaptcha' data-sitekey='x'></div>Please prove that you are not a robot</form>",
    "german": "<title>Einen Moment</title>Bitte bestätigen Sie, dass Sie kein Roboter sind.",
    "french": "Veuillez confirmer que vous n'êtes pas un robot",
    "russian": "<title>Проверка</title>Подтвердите, что вы не робот",
    "turkish": "Devam etmek için robot olmadığınızı doğrulayın",
    "japanese": "<title>確認</title>あなたがロボットではないことを確認してください",
    "chinese": "<title>安全验证</title>请完成安全验证",
}
CONSENTS = {
    "english": "<title>Your privacy</title>We and our 842 partners store information on a device. <button>I agree</button>",
    "german": "<title>Einwilligung</title>Wir nutzen Cookies. <button>Zustimmen und weiter</button>",
    "french": "<title>Bienvenue</title>Continuer sans accepter <button>Accepter et fermer</button>",
    "italian": "<title>Cookie</title>Noi e i nostri partner usiamo cookie. <button>Accetta tutti</button>",
    "spanish": "Usamos cookies propias y de terceros. <button>Aceptar todo</button>",
    "polish": "<title>Portal</title>Szanujemy Twoją prywatność <button>Przejdź do serwisu</button>",
    "russian": "Мы используем файлы cookie. <button>Принять все</button>",
    "japanese": "プライバシーに関する設定 <button>同意する</button>",
}
MENU = "<nav>" + "<a href='/section'>A section of this site</a> " * 200 + "</nav>"
NEITHER = {
    "a home page with a banner": f"{MENU}<p>We use cookies.</p><button>Accept all cookies</button>",
    "a form that asks for a captcha": f"{MENU}<form>Newsletter<div class='g-recaptcha'></div></form>",
    "a page behind Cloudflare": f"{MENU}<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
    "an error": "<title>404 Not Found</title><h1>Not Found</h1>",
    "a login": "<title>Sign in</title><form><input type=password></form>",
}


@pytest.mark.parametrize(
    ("page", "asks"),
    [(page, FetchOutcome.CAPTCHA) for page in CAPTCHAS.values()]
    + [(page, FetchOutcome.CONSENT) for page in CONSENTS.values()]
    + [(page, None) for page in NEITHER.values()],
    ids=[*(f"captcha-{name}" for name in CAPTCHAS), *(f"consent-{name}" for name in CONSENTS), *NEITHER],
)
def test_what_a_page_in_the_way_asks_for(page: str, asks: FetchOutcome | None) -> None:
    assert challenge(f"<!doctype html><html>{page}</html>".encode()) is asks


@pytest.mark.parametrize(
    ("markup", "text", "kind"),
    [
        (CAPTCHAS["russian"], "Подтвердите, что вы не робот", PageKind.CAPTCHA),
        (CONSENTS["italian"], "Noi e i nostri partner usiamo cookie. Accetta tutti", PageKind.CONSENT),
        (NEITHER["a form that asks for a captcha"], "The brigade took over twelve vehicles.", PageKind.ARTICLE),
        (NEITHER["a page behind Cloudflare"], "The brigade took over twelve vehicles.", PageKind.ARTICLE),
        (MENU, "Parliament will accept all amendments to the privacy act.", PageKind.ARTICLE),
    ],
)
def test_short_articles_are_told_from_pages_in_the_way(markup: str, text: str, kind: PageKind) -> None:
    body = f"<!doctype html><html><body>{markup}<article><p>{text}</p></article></body></html>"
    document = Document(
        Page("https://news.example/1", body.encode(), headers={"content-type": "text/html; charset=utf-8"})
    )
    assert page_kind(document, "A title", text)[0] is kind

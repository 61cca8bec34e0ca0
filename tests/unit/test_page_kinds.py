"""Kinds of page: only articles go on, and the reason is one that a person would name."""

from __future__ import annotations

from contextlib import suppress

import pytest

from extractors import extract
from vedette.errors import Refused
from vedette.model import Page

TOLD = "The ministry of defence said on Thursday that the coast guard had taken over its third patrol aircraft. "
BRIEF = f"<article><h1>Coast guard gets third aircraft</h1><p>{TOLD * 3}</p></article>"
LINKS = "".join(
    f'<li><a href="/2026/s{n}">The minister visits shipyard number {n} in the north</a></li>' for n in range(20)
)
POSTS = "".join(f"<p><time>1{n}:00</time> The minister looks at aircraft number {n} of the show.</p>" for n in range(5))
HEAD = "<h1>Coast guard gets third aircraft</h1>"


def told(title: str, body: str, head: str = "") -> str:
    """The kind of a page and its reason, as `--explain` says them."""
    page = f"<html><head><title>{title}</title>{head}</head><body><nav><a href=/>Home</a></nav>{body}</body></html>"
    steps: list[tuple[str, str]] = []
    with suppress(Refused):
        extract(Page("https://press.example/2026/story", page.encode()), explain=lambda *step: steps.append(step))
    return dict(steps).get("kind", "")


CASES = {
    "a brief": ("x", BRIEF, "", "article"),
    "a brief behind a guard": ("x", BRIEF + '<script src="/cdn-cgi/challenge-platform/x.js"></script>', "", "article"),
    "a brief about cookies": ("x", f"{HEAD}<p>{TOLD * 2}Its cookies were good.</p>", "", "article"),
    "a brief among links": ("x", f"{BRIEF}<ul>{LINKS}</ul>", "", "article"),
    "an article that tells of an error": (
        "x",
        f"<h1>Ministry's site not found for hours</h1><p>{TOLD * 3}</p>",
        "",
        "article",
    ),
    "a live blog": ("x", f"<h1>Live: the air show</h1><main>{POSTS}</main>", "", "live-blog"),
    "lives": ("x", f"<h1>Lively debate at the air show</h1><main>{POSTS}</main>", "", "article"),
    "a section": (
        "x",
        f"<h1>Defence</h1><p>All of the army, day by day, from reporters abroad.</p><ul>{LINKS}</ul>",
        "",
        "listing",
    ),
    "nothing but links": ("x", f"<h1>Archive</h1><ul>{LINKS}</ul>", "", "listing"),
    "a search": (
        "x",
        "<h1>Search results for baku</h1><p>Sorry, nothing was found; try again with other words.</p>",
        "",
        "listing",
    ),
    "a search in Turkish": (
        "x",
        "<h1>Arama sonuçları</h1><p>Aradığınız kelimeyle ilgili hiçbir sonuç bulunamadı, üzgünüz.</p>",
        "",
        "listing",
    ),
    "a job": ("x", BRIEF, '<script type="application/ld+json">{"@type":"JobPosting"}</script>', "other"),
    "a product": ("x", BRIEF, '<meta property="og:type" content="product">', "other"),
    "a login": (
        "x",
        "<h1>Log in</h1><form><input type=password></form><p>Forgot your password? Register now for free.</p>",
        "",
        "login",
    ),
    "maintenance": (
        "x",
        "<h1>We'll be back soon!</h1><p>We are performing some maintenance and will be back shortly.</p>",
        "",
        "error",
    ),
    "not in this country": (
        "x",
        "<p>You are accessing this website from a country where we cannot show it to you.</p>",
        "",
        "error",
    ),
    "a script's shell": (
        "x",
        "<p>You need to enable JavaScript to run this app; please reload it afterwards.</p>",
        "",
        "other",
    ),
    "an age gate": (
        "x",
        "<h1>Age</h1><p>You must be 18 years or older to enter this site; please confirm it now.</p>",
        "",
        "other",
    ),
    "cloudflare": (
        "Just a moment...",
        "<p>Verifying you are human. This may take a few seconds, or somewhat more.</p>",
        "",
        "captcha",
    ),
    "a vendor's frame": (
        "x",
        '<div class="g-recaptcha"></div><p>Please tick the box and press the button below it, dear reader.</p>',
        "",
        "captcha",
    ),
    "a captcha in Russian": (
        "Вы не робот?",
        "<p>Запросы с вашего устройства похожи на автоматические, нам очень жаль.</p>",
        "",
        "captcha",
    ),
    "a captcha in Chinese": (
        "安全验证",
        "<p>请完成安全验证后继续访问，请拖动滑块完成拼图，以证明您不是机器人，如有问题请联系客服人员处理。</p>",
        "",
        "captcha",
    ),
    "consent in Spanish": (
        "x",
        "<p>Nosotros y nuestros 842 socios almacenamos información en un dispositivo, como cookies.</p>",
        "",
        "consent",
    ),
    "consent in Polish": (
        "x",
        "<p>My i nasi zaufani partnerzy przechowujemy informacje na urządzeniu, takie jak pliki cookie.</p>",
        "",
        "consent",
    ),
    "a teaser in English": ("x", f"{HEAD}<p>{TOLD * 4}</p><div>Subscribe now to continue reading.</div>", "", "teaser"),
    "a teaser in French": ("x", f"{HEAD}<p>{TOLD * 4}</p><div>Il vous reste 82 % de cet article.</div>", "", "teaser"),
    "a teaser in Russian": (
        "x",
        f"{HEAD}<p>{TOLD * 4}</p><div>Оформите подписку, чтобы читать дальше.</div>",
        "",
        "teaser",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_kind(case: str) -> None:
    title, body, head, kind = CASES[case]
    assert told(title, body, head).partition(":")[0] == kind


@pytest.mark.parametrize(
    "title",
    [
        *("404", "Error 503", "Page not found", "Too Many Requests", "Pagina non trovata", "Página não encontrada"),
        *(
            "Сторінку не знайдено",
            "Nie znaleziono strony",
            "Pagina niet gevonden",
            "صفحه یافت نشد",
            "الصفحة غير موجودة",
        ),
        *(
            "页面不存在",
            "ページが見つかりません",
            "페이지를 찾을 수 없습니다",
            "Էջը չի գտնվել",
            "გვერდი ვერ მოიძებნა",
            "הדף לא נמצא",
        ),
    ],
)
def test_an_error_page_with_status_200(title: str) -> None:
    said = told("Press", f"<h1>{title}</h1><p>{'Go back to the home page of the site. ' * 3}</p>")
    assert said == f"error: its title is {title!r}"

"""What every page works with: the daemon's context, the store, the templates; and how a page is answered."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from alerts.rendering import direction, flag
from storage import Store
from vedette.daemon.context import Context
from vedette.overview import Overview, overview
from web import charts, words
from web.asking import Monitors

if TYPE_CHECKING:
    from vedette.secrets import Vault
    from web.visitor import Visitor

CHOICES = timedelta(days=90)
"""How far back the stream's filters look."""
CHOICES_SECONDS = OVERVIEW_SECONDS = 60.0
FLASH = "vedette_said"
"""The cookie that carries one message to the next page."""


@dataclass
class Site:
    """The composition of the web pages; `request.app.state.site`."""

    context: Context
    address: str = ""
    """Where the pages are reached, known when they are served."""
    listeners: int = 0
    """Browsers that follow the stream."""
    monitors: Monitors = field(default_factory=Monitors)
    _choices: tuple[float, dict[str, list[tuple[str, int]]]] | None = None
    _overviews: dict[int, tuple[float, Overview]] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The database."""
        return self.context.store

    def choices(self) -> dict[str, list[tuple[str, int]]]:
        """The filters that the stream offers; counted once a minute, since every page asks."""
        steady = self.context.clock.monotonic()
        if self._choices is None or steady - self._choices[0] > CHOICES_SECONDS:
            with self.store.read() as tx:
                self._choices = steady, tx.stream.choices(self.now() - CHOICES)
        return self._choices[1]

    def overview(self, days: int) -> Overview:
        """What is unusual in the last days; reckoned once a minute, for it is the same for all readers."""
        steady = self.context.clock.monotonic()
        known = self._overviews.get(days)
        if known is None or steady - known[0] > OVERVIEW_SECONDS:
            with self.store.read() as tx:
                known = self._overviews[days] = steady, overview(tx, self.now(), days=days)
        return known[1]

    def now(self) -> datetime:
        """The instant of the story."""
        return self.context.clock.now()

    def wall(self) -> datetime:
        """The machine's own date: for sessions, invitations, tokens."""
        return self.context.clock.wall()

    @cached_property
    def vault(self) -> Vault:
        """The vault for channel secrets."""
        return self.context.settings.vault()

    @property
    def passwords(self) -> bool:
        """Whether people sign in with passwords; without a provider there is no other way."""
        web = self.context.settings.web
        return web.passwords or not web.oidc.issuer

    @cached_property
    def secure(self) -> bool:
        """Whether analysts come over HTTPS only: then cookies do, too."""
        return self.context.settings.alerts.public_url.startswith("https://")

    @cached_property
    def templates(self) -> Environment:
        """The templates. Everything is escaped; an unknown name is an error."""
        made = Environment(
            loader=PackageLoader("web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
        )
        made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
        for helper in (words.moment, words.clock_time, words.day, words.ago, words.lasting, words.number):
            made.filters[helper.__name__] = helper
        made.filters |= {"rounded": words.rounded, "term": words.term, "said": words.said}
        made.filters |= {"language_name": words.language_name, "country_name": words.country_name}
        made.filters |= {"flag": flag, "direction": direction}
        made.globals |= {"charts": charts, "languages": words.choices}
        return made


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found


def render(
    request: Request,
    template: str,
    visitor: Visitor | None = None,
    *,
    status: int = 200,
    locale: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page in the visitor's language and time zone; `locale` is that of a reader who need not sign in."""
    from web.visitor import csrf_of

    site = site_of(request)
    own, zone = (visitor.analyst.locale, visitor.analyst.timezone) if visitor else (locale, "UTC")
    language = words.chosen(request.headers.get("accept-language", ""), own)
    csrf, fresh = csrf_of(request, visitor)
    with words.speaking(language, zone):
        said = request.cookies.get(FLASH, "")
        html = site.templates.get_template(template).render(
            request=request,
            path=request.url.path,
            visitor=visitor,
            now=site.now(),
            language=language,
            csrf=csrf,
            csrf_field=Markup('<input type="hidden" name="csrf" value="{}">').format(csrf),
            said=_unpacked(said),
            **values,
        )
    response = HTMLResponse(html, status)
    if said:
        response.delete_cookie(FLASH)
    if fresh:
        from web.visitor import set_csrf

        set_csrf(response, site, csrf)
    return response


def go(path: str, said: str = "", *, bad: bool = False) -> RedirectResponse:
    """Send the browser to another page of ours, with a message that it shows once."""
    response = RedirectResponse(path, 303)
    if said:
        response.set_cookie(FLASH, _packed(said, bad), max_age=60, httponly=True, samesite="lax")
    return response


def _packed(said: str, bad: bool) -> str:
    from base64 import urlsafe_b64encode

    return ("!" if bad else ".") + urlsafe_b64encode(said.encode()[:1500]).decode().rstrip("=")


def _unpacked(cookie: str) -> tuple[str, bool] | None:
    """The message and whether it is bad news; None for a cookie that is not ours."""
    from base64 import urlsafe_b64decode

    if not cookie:
        return None
    try:
        text = urlsafe_b64decode(cookie[1:] + "=" * (-len(cookie[1:]) % 4)).decode("utf-8", "ignore")
    except ValueError:
        return None
    return text, cookie[0] == "!"


def speaking_to(visitor: Visitor | None, request: Request) -> AbstractContextManager[None]:
    """Speak the language of whoever asked, for a while."""
    own = visitor.analyst.locale if visitor else ""
    return words.speaking(words.chosen(request.headers.get("accept-language", ""), own))


def translated(visitor: Visitor | None, request: Request, message: str, **values: Any) -> str:
    """A message in the language of whoever asked."""
    with speaking_to(visitor, request):
        text = words.said(message)
    return text % values if values else text

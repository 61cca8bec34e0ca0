"""The HTTP API of another machine in place of the database: `--server URL` with a token.

Answers become the same values as the database gives, so that commands print them the same way.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, urlsplit

import httpx

from vedette import __version__
from vedette.errors import RuleError, UsageError, VedetteError
from vedette.model import (
    Alert,
    Analyst,
    Article,
    Cadence,
    HealthState,
    Join,
    Match,
    Source,
    SourceState,
    SourceStatus,
    Span,
    Subscription,
    Topic,
)

if TYPE_CHECKING:
    from alerts.rules.checks import Caution
    from alerts.surprise import Surprise
    from crawler.discover import Found as Offer
    from storage import AlertView, Story, StoryRecord, Token, TopicVersion
    from vedette.archive import Found
    from vedette.backtest import Backtest, Ref
    from vedette.clock import Clock
    from vedette.overview import Overview
    from vedette.tuning import Contexts

PIECE = 200
"""Rows that are asked for at a time."""
SECONDS = 60.0
AGAIN_SECONDS = 3.0
"""After which a stream that was cut is asked for again."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a server says of a rule; as `alerts.rules.checks.Check`, without the rule's parts."""

    normal: str
    required: tuple[tuple[str, ...], ...]
    warnings: tuple[Caution, ...]
    words: str


class Remote:
    """A server, asked with a token. Its refusals are UsageErrors; a server that can't be reached is a VedetteError."""

    def __init__(self, server: str, token: str) -> None:
        """UsageError for an address that is none, or without a token."""
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"--server {server}: write its address, such as https://vedette.example.org")
        if not token:
            raise UsageError(
                "--server needs a token: give --token or set VEDETTE_TOKEN; the page of your account makes one"
            )
        self.server = server.rstrip("/")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": f"vedette/{__version__}"}
        self._client = httpx.Client(base_url=f"{self.server}/api/v1", headers=headers, timeout=SECONDS)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def ask(self, method: str, path: str, *, missing: str = "", **options: Any) -> Any:
        """The answer's JSON, None for an empty one. `missing` is what to say where there is no such thing."""
        answer = self._answer(method, path, missing, options)
        return self._json(answer) if answer.content else None

    def text(self, path: str, **query: str) -> str:
        """An answer that is a file."""
        return self._answer("GET", path, "", {"params": query}).text

    def _answer(self, method: str, path: str, missing: str, options: Mapping[str, Any]) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreached(error) from None
        if answer.status_code == 404 and missing:
            raise UsageError(missing)
        if not answer.is_success:
            self._refuse(answer)
        return answer

    def _unreached(self, error: Exception) -> VedetteError:
        return VedetteError(f"{self.server} can't be reached: {str(error) or type(error).__name__}")

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise VedetteError(f"{self.server} is no Vedette: its answer is not JSON") from None

    def _refuse(self, answer: httpx.Response) -> NoReturn:
        problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        body: dict[str, Any] = self._json(answer) if problem else {}
        if "remedy" in body:
            names = ("start", "end", "line", "column", "remedy")
            raise RuleError(body["message"], **{name: body[name] for name in names})
        said = body.get("detail") or f"answered {answer.status_code}"
        raise (UsageError if answer.status_code in (404, 409, 422) else VedetteError)(f"{self.server}: {said}")

    def rows(self, path: str, limit: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """The rows of a list, piece by piece."""
        cursor = ""
        while limit is None or limit > 0:
            piece = PIECE if limit is None else min(limit, PIECE)
            found = self.ask("GET", path, params={**query, "limit": piece, **({"cursor": cursor} if cursor else {})})
            yield from found["items"]
            limit = None if limit is None else limit - len(found["items"])
            cursor = found["next"]
            if not cursor:
                return

    # ------------------------------------------------------------------ topics

    def topics(self) -> list[Topic]:
        """All topics, by id."""
        return [Topic(**row) for row in self.rows("/topics")]

    def topic(self, topic_id: str) -> Topic | None:
        """One topic."""
        return next((topic for topic in self.topics() if topic.id == topic_id), None)

    def versions(self, topic_id: str) -> list[TopicVersion]:
        """All versions of a topic, the first one first."""
        from storage import TopicVersion

        said = _unknown("topic", topic_id)
        rows = self.ask("GET", f"/topics/{_part(topic_id)}/versions", missing=said)
        return [TopicVersion(**{**row, "at": _instant(row["at"])}) for row in rows]

    def put_topic(self, topic: Topic, reason: str) -> tuple[Topic, str]:
        """Make or change a topic: as it is stored, and created, changed or same."""
        before = self.topic(topic.id)
        body = {name: getattr(topic, name) for name in ("title", "description", "rule", "active")}
        after = Topic(**self.ask("PUT", f"/topics/{_part(topic.id)}", json={**body, "reason": reason}))
        return after, "created" if before is None else "same" if before == after else "changed"

    def delete_topic(self, topic_id: str) -> None:
        """Forget a topic."""
        said = _unknown("topic", topic_id)
        self.ask("DELETE", f"/topics/{_part(topic_id)}", missing=said)

    # ------------------------------------------------------------------ reading

    def alerts(self, limit: int, topic: str | None, since: datetime | None) -> list[AlertView]:
        """Alerts, the newest first."""
        found = []
        for row in self.rows("/alerts", limit, **({"topic": topic} if topic else {})):
            view = _alert(row)
            if since is not None and view.alert.created_at < since:
                break
            found.append(view)
        return found

    def newest(self) -> int:
        """The id of the newest alert, 0 where there is none."""
        return max((row["id"] for row in self.rows("/alerts", 1)), default=0)

    def follow(self, after: int, topic: str | None, clock: Clock) -> Iterator[AlertView]:
        """Alerts newer than one as they come, without end. A line that is cut is taken up again where it was cut."""
        last, begun = after, False
        asked = {"topic": topic} if topic else {}
        while True:
            try:
                with self._client.stream("GET", "/events", params={**asked, "after": last}) as answer:
                    if not answer.is_success and not (begun and answer.status_code == 503):
                        answer.read()
                        self._refuse(answer)
                    for identity, data in _events(answer.iter_lines()):
                        last, begun = identity, True
                        if data:
                            yield _alert(json.loads(data))
            except httpx.TransportError as error:
                if not begun:
                    raise self._unreached(error) from None
            clock.sleep(AGAIN_SECONDS)

    def search(self, query: str, days: int | None, limit: int) -> list[Found]:
        """The newest articles that a rule matches."""
        from vedette.archive import Found

        found = []
        for row in self.rows("/search", limit, q=query, days=days or 0):
            match = Match("?", 1, _spans(row["spans"]), row["score"])
            found.append(Found(_article(row["article"]), match, tuple(map(_starred, row["sentences"]))))
        return found

    def alert(self, alert_id: int) -> tuple[AlertView, list[Article], list[dict[str, Any]], list[dict[str, Any]]]:
        """An alert with the articles of its story, and what one's own subscriptions got of it, or why they did not."""
        said = _unknown("alert", alert_id)
        view = _alert(self.ask("GET", f"/alerts/{alert_id}", missing=said))
        story = self.ask("GET", f"/stories/{view.alert.story_id}")
        told = self.ask("GET", f"/alerts/{alert_id}/deliveries")
        return view, [_article(row) for row in story["articles"]], told["deliveries"], told["suppressed"]

    def explain(self, url: str, topic: str | None) -> dict[str, Any]:
        """The path of a page, as the API tells it."""
        asked = {"url": url, **({"topic": topic} if topic else {})}
        said = _unknown("topic", topic)
        found: dict[str, Any] = self.ask("GET", "/explain", params=asked, missing=said)
        return found

    def backtest(self, rule: str, against: str | None, topic_id: str | None, **asked: Any) -> Backtest:
        """What a rule would have caught. `asked`: days, examples, cadence, subscription."""
        from vedette.backtest import earlier_rule

        other = None if against is None else earlier_rule(self.versions, against, topic_id)
        body = {"rule": rule, "against": other, **asked}
        said = _unknown("subscription", asked.get("subscription"))
        return _backtest(self.ask("POST", "/rules/backtest", json=body, missing=said))

    def check(self, rule: str) -> Checked:
        """What a rule means, with the topics and entities of the server; RuleError where it must be refused."""
        from alerts.rules.checks import Caution

        found = self.ask("POST", "/rules/check", json={"rule": rule})
        if found["mistake"] is not None:
            raise RuleError(found["mistake"].pop("message"), **found["mistake"])
        required = tuple(tuple(group) for group in found["required"])
        warnings = tuple(Caution(**one) for one in found["warnings"])
        return Checked(normal=found["normal"], required=required, warnings=warnings, words=found["words"])

    def contexts(self, rule: str, days: int, examples: int) -> Contexts:
        """What the hits of a rule are about."""
        from alerts.effects import Effect
        from vedette.tuning import Context, Contexts

        asked = {"rule": rule, "days": days, "examples": examples}
        found = self.ask("POST", "/rules/contexts", json=asked)
        return Contexts(
            found["articles"],
            tuple(
                Context(
                    name=one["name"],
                    articles=one["articles"],
                    stories=one["stories"],
                    marks=tuple(one["marks"]),
                    examples=tuple(_named(row) for row in one["examples"]),
                    guards=tuple(Effect(**row, lost=()) for row in one["guards"]),
                )
                for one in found["contexts"]
            ),
        )

    def overview(self, days: int) -> Overview:
        """What is unusual in the last days."""
        from vedette.overview import CountryRow, Overview, Rising, Volume

        found = self.ask("GET", "/overview", params={"days": days})
        del found["enough"]
        for name in ("first", "last"):
            found[name] = date.fromisoformat(found[name])
        rising = [
            Rising(**{**one, "figures": _surprise(one["figures"]), "series": tuple(one["series"])})
            for one in found["rising"]
        ]
        topics = [
            Volume(Topic(one["topic"], "", one["title"]), _surprise(one["figures"]), tuple(one["series"]))
            for one in found["topics"]
        ]
        countries = [
            CountryRow(one["country"], _surprise(one["written"]), _surprise(one["named"]), one["rule"])
            for one in found["countries"]
        ]
        told = {"rising": tuple(rising), "topics": tuple(topics), "countries": tuple(countries)}
        return Overview(**{**found, **told})

    # ------------------------------------------------------------------ stories

    def stories(self, limit: int, since: datetime | None, least: int) -> list[StoryRecord]:
        """Stories, the newest first; only those that grew since then."""
        from storage import StoryRecord

        rows = self.rows("/stories", articles=least)
        made = (StoryRecord(**{**row, **{n: _instant(row[n]) for n in ("created_at", "updated_at")}}) for row in rows)
        return list(islice((one for one in made if since is None or one.updated_at >= since), limit))

    def story(self, story_id: int) -> Story:
        """A story with its articles."""
        from storage import Story, StoryMember

        row = self.ask("GET", f"/stories/{story_id}", missing=_no_story(story_id))
        members = []
        for one in row["members"]:
            told, seen = one["article"], _instant(one["article"]["seen_at"])
            assert seen is not None
            members.append(
                StoryMember(_article(told), seen, one["score"], one["reason"], Join(one["join"]), one["like"])
            )
        begun = _instant(row["created_at"])
        assert begun is not None
        return Story(row["id"], row["title"], begun, row["first"], tuple(members))

    def split(self, story_id: int, articles: Sequence[int], reason: str) -> int:
        """Move articles into a story of their own: its number."""
        body = {"articles": list(articles), "reason": reason}
        return int(self.ask("POST", f"/stories/{story_id}/split", json=body, missing=_no_story(story_id))["id"])

    def merge(self, story_id: int, into: int, reason: str) -> int:
        """Move all articles of a story into another one: how many."""
        moved = len(self.story(story_id).articles)
        body = {"into": into, "reason": reason}
        self.ask("POST", f"/stories/{story_id}/merge", json=body, missing=_no_story(into))
        return moved

    # ------------------------------------------------------------------ people and tokens

    def analysts(self) -> list[Analyst]:
        """All analysts; for administrators."""
        names = ("id", "name", "email", "timezone", "locale")
        return [Analyst(**{name: row[name] for name in names}) for row in self.rows("/analysts")]

    def invite(self, analyst: str, role: str) -> str:
        """A link for one person; for administrators."""
        return str(self.ask("POST", "/invitations", json={"analyst": analyst, "role": role})["link"])

    def tokens(self, analyst: str | None) -> list[Token]:
        """One's own tokens."""
        from storage import Token

        me = self._own(analyst)
        times = ("created_at", "used_at", "expires_at")
        rows = self.ask("GET", "/me/tokens")
        return [
            Token(**{**row, "analyst": me, "scopes": tuple(row["scopes"]), **{n: _instant(row[n]) for n in times}})
            for row in rows
        ]

    def give_token(self, analyst: str, name: str, scopes: Sequence[str], days: int | None) -> dict[str, Any]:
        """A new token of one's own, with its secret."""
        self._own(analyst)
        body = {"name": name, "scopes": list(scopes), "days": days}
        given: dict[str, Any] = self.ask("POST", "/me/tokens", json=body)
        return given

    def end_token(self, token_id: int) -> None:
        """End a token of one's own."""
        self.ask("DELETE", f"/me/tokens/{token_id}", missing=_unknown("token", token_id))

    def _own(self, analyst: str | None) -> str:
        me = self._me()
        if analyst not in (None, me):
            raise UsageError(f"the token is {me}'s: {analyst} must ask with their own")
        return me

    # ------------------------------------------------------------------ sources

    def fares(self) -> list[dict[str, Any]]:
        """How each source fares, as the daemon judged it last."""
        return [_fares(row) for row in self.rows("/sources")]

    def check_source(self, source_id: str) -> tuple[Offer | None, str]:
        """What a source says now, or why nothing of use."""
        path = f"/sources/{_part(source_id)}/check"
        found = self.ask("POST", path, missing=_unknown("source", source_id))
        return (_offer(found["found"]) if found["found"] else None), found["why"]

    def delete_source(self, source_id: str) -> None:
        """Forget a source; its articles stay."""
        self.ask("DELETE", f"/sources/{_part(source_id)}", missing=_unknown("source", source_id))

    def sources(self) -> list[SourceStatus]:
        """All sources, by id."""
        return [_source(row) for row in self.rows("/sources")]

    def export_sources(self, form: str) -> str:
        """All sources as yaml, opml or csv."""
        return self.text("/sources/export", form=form)

    def set_state(self, source_id: str, state: str) -> None:
        """Pause a source, or wake it."""
        said = _unknown("source", source_id)
        self.ask("PATCH", f"/sources/{_part(source_id)}", json={"state": state}, missing=said)

    def discover(self, url: str) -> list[Offer]:
        """What a site offers to be watched, the best first."""
        return [_offer(row) for row in self.ask("POST", "/sources/discover", json={"url": url})]

    def add_source(self, source: Source) -> Source:
        """Watch another address."""
        names = ("id", "url", "kind", "name", "homepage", "country", "language")
        return _source(self.ask("POST", "/sources", json={name: getattr(source, name) for name in names})).source

    def import_sources(self, form: str, text: str) -> dict[str, Any]:
        """Take in a list: {"new", "known", "refused": [sentence]}."""
        answer: dict[str, Any] = self.ask("POST", "/sources/import", json={"form": form, "text": text})
        return answer

    # ------------------------------------------------------------------ channels

    def channel_kinds(self) -> list[dict[str, Any]]:
        """The kinds of channels that one may have."""
        return [
            {
                **row,
                "settings": {
                    one["name"]: {"required": one["required"], "secret": one["form"] == "secret"}
                    for one in row["settings"]
                },
            }
            for row in self.ask("GET", "/channels/kinds")
        ]

    def channels(self) -> list[dict[str, Any]]:
        """One's own channels, as the API tells them."""
        return list(self.rows("/channels"))

    def add_channel(self, channel_id: str, kind: str, settings: Mapping[str, str]) -> tuple[str, str]:
        """Change a channel of one's own, or make one, to which the server gives a name: its id, created or changed."""
        if any(row["id"] == channel_id for row in self.channels()):
            self.ask("PATCH", f"/channels/{_part(channel_id)}", json={"settings": dict(settings)})
            return channel_id, "changed"
        made = self.ask("POST", "/channels", json={"kind": kind, "settings": dict(settings)})
        return made["id"], "created"

    def on_channel(self, method: str, channel_id: str, act: str = "") -> Any:
        """Do something with a channel of one's own: test or enable it, or DELETE it."""
        said = _unknown("channel", channel_id)
        return self.ask(method, f"/channels/{_part(channel_id)}{act}", missing=said)

    def silence(self, alert_id: int, hours: float | None) -> list[str]:
        """Hear nothing more of an alert's story for some hours, or for good as not relevant (None)."""
        said = _unknown("alert", alert_id)
        act, body = ("not-relevant", None) if hours is None else ("snooze", {"hours": hours})
        answer = self.ask("POST", f"/alerts/{alert_id}/{act}", json=body, missing=said)
        told: list[str] = answer["subscriptions"]
        return told

    # ------------------------------------------------------------------ subscriptions

    def subscriptions(self, topic: str | None = None) -> list[Subscription]:
        """One's own subscriptions."""
        found = self._subscriptions_of(self._me())
        return [one for one in found if topic is None or one.topic == topic]

    def _me(self) -> str:
        return str(self.ask("GET", "/me")["id"])

    def _subscriptions_of(self, me: str) -> list[Subscription]:
        return [_subscription(row, me) for row in self.rows("/subscriptions")]

    def subscribe(self, analyst: str, row: Mapping[str, Any]) -> tuple[Subscription, str]:
        """Follow a topic: the subscription, and created, changed or same. Nobody subscribes others."""
        me = self._own(analyst)
        known = {one.id: one for one in self._subscriptions_of(me)}
        body = {name: row[name] for name in ("topic", "channel", "cadence", "quiet_hours", "digest_at")}
        made = _subscription(self.ask("POST", "/subscriptions", json=body), me)
        before = known.get(made.id)
        return made, "created" if before is None else "same" if before == made else "changed"

    def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription."""
        self.ask(
            "DELETE", f"/subscriptions/{_part(subscription_id)}", missing=_unknown("subscription", subscription_id)
        )

    def mute(self, subscription_id: str, hours: float) -> datetime | None:
        """Hear nothing for some hours, 0: hear again; until when."""
        path, said = f"/subscriptions/{_part(subscription_id)}/mute", _unknown("subscription", subscription_id)
        return _instant(self.ask("POST", path, json={"hours": hours}, missing=said)["muted_until"])


def _events(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Server-sent events: the id of each, and its data, "" for one that only says how far the stream is."""
    identity, data = 0, ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            identity = int(value)
        elif name == "data":
            data += value
        elif not line and identity:
            yield identity, data
            data = ""


def _unknown(what: str, name: object) -> str:
    """What to say where there is no subscription, topic ... of a name."""
    return f"unknown {what} {name!r}: `vedette {what}s list` shows them"


def _no_story(story_id: int) -> str:
    return f"unknown story {story_id}: `vedette stories list` shows them"


def _part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _spans(rows: list[dict[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(**row) for row in rows)


def _starred(sentence: str) -> str:
    """A sentence of HTML as commands print it."""
    return html.unescape(sentence.replace("<mark>", "*").replace("</mark>", "*"))


def _article(row: dict[str, Any]) -> Article:
    names = ("id", "title", "url", "site", "source", "language", "country", "revision")
    given = {name: row[name] for name in names}
    authors, published = tuple(row["authors"]), _instant(row["published_at"])
    return Article(text=row.get("text") or "", authors=authors, published_at=published, **given)


def _alert(row: dict[str, Any]) -> AlertView:
    from storage import AlertView

    created, match = _instant(row["created_at"]), row["match"]
    assert created is not None
    return AlertView(
        alert=Alert(row["id"], row["topic"], row["story"], row["episode"], created, row["article"]),
        topic_title=row["topic_title"],
        article_title=row["title"],
        published_at=_instant(row["published_at"]),
        match=Match(row["topic"], match["version"], _spans(match["spans"]), match["score"], match["id"])
        if match
        else None,
        **{name: row[name] for name in ("url", "site", "language", "articles")},
    )


def _subscription(row: dict[str, Any], analyst: str) -> Subscription:
    given = {**row, "cadence": Cadence(row["cadence"]), "muted_until": _instant(row["muted_until"])}
    return Subscription(analyst=analyst, **given)


def _backtest(row: dict[str, Any]) -> Backtest:
    from alerts.outlook import Expected
    from alerts.rules.node import Reason
    from vedette.archive import Found
    from vedette.backtest import Backtest, Difference, NearMiss

    since, other = _instant(row["since"]), row["against"]
    assert since is not None
    difference = None
    if other is not None:
        gained, lost = (tuple(_ref(one) for one in row[name]) for name in ("gained", "lost"))
        difference = Difference(other["rule"], other["articles"], gained, lost)
    return Backtest(
        articles=row["articles"],
        stories=row["stories"],
        since=since,
        alerts_per_week=row["alerts_per_week"],
        days=row["days"],
        expected=Expected(**{**row["expected"], "cadence": Cadence(row["expected"]["cadence"])}),
        examples=tuple(
            Found(
                Article(one["title"], "", one["url"], id=one["id"], site=one["site"], language=one["language"],
                        published_at=_instant(one["published_at"])),
                Match("?", 1, _spans(one["spans"]), one["score"]),
                tuple(one["sentences"]),
            )
            for one in row["examples"]
        ),
        near_misses=tuple(
            NearMiss(_ref(one), tuple(Reason(**reason) for reason in one["reasons"])) for one in row["near_misses"]
        ),
        against=difference,
        whole=row["whole"],
    )  # fmt: skip


def _ref(row: dict[str, Any]) -> Ref:
    from vedette.backtest import Ref

    at = _instant(row["at"])
    assert at is not None
    return Ref(row["id"], row["title"], row["url"], at)


def _named(row: dict[str, Any]) -> Article:
    return Article(row["title"], "", row["url"], id=row["id"], language=row["language"])


def _surprise(row: dict[str, Any]) -> Surprise:
    from alerts.surprise import Surprise

    return Surprise(**{name: row[name] for name in ("count", "usual", "expected", "score")})


def _fares(row: dict[str, Any]) -> dict[str, Any]:
    judged = row["health"] or {"state": HealthState.NEW, "since": None, "reason": ""}
    same = ("id", "state", "items_per_day", "last_outcome", "last_error", "failures", "moved_to")
    return {
        **{name: row[name] for name in same},
        "health": HealthState(judged["state"]),
        "since": _instant(judged["since"]),
        "reason": judged["reason"],
        "interval": _seconds(row["interval_seconds"]),
        **{name: _instant(row[name]) for name in ("last_success_at", "last_poll_at", "next_poll_at")},
    }


def _source(row: dict[str, Any]) -> SourceStatus:
    own = ("id", "url", "kind", "name", "homepage", "language", "country", "settings")
    names = ("failures", "last_outcome", "last_error", "state_reason")
    return SourceStatus(
        Source(**{name: row[name] for name in own}, state=SourceState(row["state"])),
        last_poll_at=_instant(row["last_poll_at"]),
        last_success_at=_instant(row["last_success_at"]),
        next_poll_at=_instant(row["next_poll_at"]),
        interval=_seconds(row["interval_seconds"]),
        **{name: row[name] for name in names},
    )


def _offer(row: dict[str, Any]) -> Offer:
    from crawler.discover import Found as Offer

    given = {name: value for name, value in row.items() if name != "interval_seconds"}
    given |= {"newest": _instant(row["newest"]), "examples": tuple(row["examples"])}
    return Offer(**given, interval=_seconds(row["interval_seconds"]))


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)

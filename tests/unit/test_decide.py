"""Who is told what, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.calendar import quiet_until
from alerts.decide import AlertRules, Decision, World, decide, idem_key
from alerts.facts import facts
from vedette.model import (
    Alert,
    Analyst,
    Article,
    Cadence,
    Change,
    Channel,
    DeliveryReason,
    DeliveryState,
    DropReason,
    Match,
    Span,
    Stored,
    Subscription,
    Topic,
)

NOW = datetime(2026, 9, 23, 10, 0, tzinfo=UTC)
ARTICLE = Article(
    "ADEX opens in Baku",
    "The ADEX fair opened in Baku.\n\nMinister Krosetto came.",
    url="https://a.example/adex",
    site="a.example",
    language="en",
    published_at=NOW - timedelta(hours=1),
    source="a",
    id=7,
)
MATCH = Match(
    "adex",
    3,
    (Span("title", 0, 4, "ADEX", "ADEX"), Span("body", 40, 48, "Krosetto", "@guido-crosetto", "guido-crosetto")),
)
TOPIC = Topic("adex", "ADEX", "ADEX fair", version=3)
ANNA = Analyst("anna", timezone="Europe/Rome")
SUBSCRIPTION = Subscription("anna-adex", "anna", "adex", "anna-mail")
CHANNEL = Channel("anna-mail", "email", {})
ALERT = Alert(5, "adex", 42, 1, NOW - timedelta(hours=2), 1)


def world(*subscriptions: Subscription, **changes: object) -> World:
    known = World(
        topics={"adex": TOPIC},
        subscriptions={"adex": subscriptions or (SUBSCRIPTION,)},
        channels={"anna-mail": CHANNEL},
        analysts={"anna": ANNA},
        open_alerts={},
        names={"guido-crosetto": "Guido Crosetto"},
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def joined(outlets: int, **changes: object) -> World:
    """A story that so many outlets carry already."""
    carried = [(f"o{n}.example", f"https://o{n}.example/x") for n in range(outlets)]
    return world(open_alerts={"adex": ALERT}, outlets={"adex": carried}, **changes)


def decided(
    known: World | None = None,
    article: Article = ARTICLE,
    change: Change = Change.NEW,
    matches: tuple[Match, ...] = (MATCH,),
    now: datetime = NOW,
    silent: bool = False,
    rules: AlertRules | None = None,
    listed_at: datetime | None = None,
) -> Decision:
    return decide(
        Stored(article, change, 42),
        matches,
        known or world(),
        now=now,
        seen_at=now,
        silent=silent,
        rules=rules or AlertRules(),
        listed_at=listed_at,
    )


def test_a_new_story_opens_an_alert_and_tells_each_subscription_once() -> None:
    decision = decided(world(SUBSCRIPTION, replace(SUBSCRIPTION, id="second")))
    (plan,) = decision.plans
    assert (plan.topic, plan.story_id, plan.episode, plan.alert_id) == ("adex", 42, 1, None)
    assert [d.subscription for d in plan.deliveries] == ["anna-adex", "second"]
    assert {d.not_before for d in plan.deliveries} == {NOW + timedelta(seconds=30)}
    assert {d.state for d in plan.deliveries} == {DeliveryState.PENDING}
    assert not decision.drops
    assert len({d.idem_key for d in plan.deliveries}) == 2


def test_the_notice_says_what_matched_by_name_and_in_whose_time() -> None:
    notice = decided().plans[0].deliveries[0].notice
    assert notice.hits == ("ADEX", "Guido Crosetto (Krosetto)")
    assert [s.text for s in notice.sentences] == ["ADEX opens in Baku", "Minister Krosetto came."]
    assert [s.text[a:b] for s in notice.sentences for a, b in s.marks] == ["ADEX", "Krosetto"]
    assert (notice.timezone, notice.topic_version, notice.reason) == ("Europe/Rome", 3, DeliveryReason.NEW_STORY)


@pytest.mark.parametrize(
    ("change", "matches", "silent", "published", "listed", "reason"),
    [
        (Change.UNCHANGED, (MATCH,), False, NOW, None, DropReason.UNCHANGED),
        (Change.NEW, (), False, NOW, None, DropReason.NO_MATCH),
        (Change.NEW, (MATCH,), True, NOW, None, DropReason.SILENT_IMPORT),
        (Change.NEW, (MATCH,), False, NOW - timedelta(days=31), None, DropReason.TOO_OLD),
        (Change.NEW, (MATCH,), False, None, NOW - timedelta(days=31), DropReason.TOO_OLD),
        (Change.NEW, (MATCH,), False, NOW - timedelta(days=31), NOW - timedelta(days=40), DropReason.TOO_OLD),
    ],
)
def test_what_alerts_nobody_says_why(
    change: Change,
    matches: tuple[Match, ...],
    silent: bool,
    published: datetime | None,
    listed: datetime | None,
    reason: DropReason,
) -> None:
    decision = decided(
        article=replace(ARTICLE, published_at=published),
        change=change,
        matches=matches,
        silent=silent,
        listed_at=listed,
    )
    assert decision.plans == ()
    (drop,) = decision.drops
    assert (drop.reason, drop.article_id, drop.url) == (reason, 7, ARTICLE.url)


@pytest.mark.parametrize(
    ("published", "listed"),
    [
        (None, None),
        (NOW - timedelta(days=29), None),
        (NOW - timedelta(days=400), NOW),  # a page with a wrong date that its source shows as new
        (NOW + timedelta(days=2), None),
    ],
)
def test_an_article_is_not_old_where_one_date_is_fresh(published: datetime | None, listed: datetime | None) -> None:
    assert decided(article=replace(ARTICLE, published_at=published), listed_at=listed).plans[0].deliveries


@pytest.mark.parametrize(
    ("subscription", "channels", "reason"),
    [
        (replace(SUBSCRIPTION, muted_until=NOW + timedelta(seconds=1)), {"anna-mail": CHANNEL}, DeliveryReason.MUTED),
        (SUBSCRIPTION, {}, DeliveryReason.CHANNEL_DISABLED),
    ],
)
def test_who_is_not_told_of_an_alert_has_a_reason_and_the_alert_is_made(
    subscription: Subscription, channels: dict[str, Channel], reason: DeliveryReason
) -> None:
    (plan,) = decided(world(subscription, channels=channels)).plans
    assert plan.suppressions == (("anna-adex", reason),)
    assert plan.deliveries == ()


def test_a_mute_that_is_over_mutes_nothing() -> None:
    assert decided(world(replace(SUBSCRIPTION, muted_until=NOW))).plans[0].deliveries


@pytest.mark.parametrize("known", [world(replace(SUBSCRIPTION, active=False)), world(subscriptions={})])
def test_without_a_subscription_the_alert_is_made_and_the_drop_says_so(known: World) -> None:
    decision = decided(known)
    assert len(decision.plans) == 1
    assert [d.reason for d in decision.drops] == [DropReason.NO_SUBSCRIPTION]


def test_a_topic_deleted_meanwhile_is_passed_over() -> None:
    assert decided(world(topics={})) == Decision((), ())


@pytest.mark.parametrize("carried", range(1, 30))
def test_later_outlets_join_and_are_told_of_at_2_5_10_and_25(carried: int) -> None:
    decision = decided(joined(carried))
    (plan,) = decision.plans
    assert plan.alert_id == 5
    if carried + 1 in (2, 5, 10, 25):
        (delivery,) = plan.deliveries
        assert (delivery.reason, delivery.revision) == (DeliveryReason.UPDATE, carried + 1)
        assert len(delivery.notice.others) == min(carried, 25)
    else:
        assert plan.deliveries == ()
        assert [d.reason for d in decision.drops] == [DropReason.ALREADY_ALERTED]


def test_another_article_of_the_same_outlet_is_no_update() -> None:
    known = world(open_alerts={"adex": ALERT}, outlets={"adex": [("a.example", "https://a.example/1")]})
    (plan,) = decided(known).plans
    assert (plan.alert_id, plan.deliveries, plan.additions) == (5, (), {})


KNOWN = {"adex": facts(ARTICLE.title, ARTICLE.text, "en", ["guido-crosetto"])}


@pytest.mark.parametrize(
    ("title", "text", "change", "news"),
    [
        (ARTICLE.title, ARTICLE.text, Change.NEW, ()),
        ("ADEX opens with 30 jets", ARTICLE.text, Change.NEW, ("numbers: 30",)),
        ("T", "The ADEX fair opened.\n\nMinister Krosetto came with 250 guests on 5 May.", Change.NEW, ("dates: 5 May", "numbers: 250")),
        ("T", f"{ARTICLE.text}\n\nCopyright 99 Inc.", Change.NEW, ()),
        (ARTICLE.title, f"{ARTICLE.text}\n\n250 came.", Change.CHANGED, ("numbers: 250",)),
        (ARTICLE.title, f"{ARTICLE.text}\n\nCorrection: he came by car.", Change.CHANGED, ("it speaks of a correction",)),
    ],
)  # fmt: skip
def test_an_update_comes_where_something_is_new_and_says_what(
    title: str, text: str, change: Change, news: tuple[str, ...]
) -> None:
    known = joined(3, known=KNOWN, told_at={"adex": {"anna-adex": NOW - timedelta(minutes=20)}})
    article = replace(ARTICLE, title=title, text=text, id=9, revision=2)
    (plan,) = decided(known, article, change).plans
    assert [d.notice.news for d in plan.deliveries] == ([news] if news else [])
    if news:
        (delivery,) = plan.deliveries
        assert delivery.notice.reason is DeliveryReason.UPDATE
        waits = timedelta(seconds=30) if "correction" in news[0] else timedelta(minutes=40)
        assert delivery.not_before == NOW + waits, "an hour after the last message, but a correction at once"
        assert delivery.idem_key == idem_key("adex", 42, 1, "9.2", SUBSCRIPTION)


def test_a_step_of_outlets_says_so_and_does_not_wait() -> None:
    known = joined(4, known=KNOWN, told_at={"adex": {"anna-adex": NOW}})
    (delivery,) = decided(known).plans[0].deliveries
    assert delivery.notice.news == ("5 outlets carry it now",)
    assert delivery.not_before == NOW + timedelta(seconds=30)


def test_what_is_new_is_added_to_an_update_that_waits() -> None:
    known = joined(3, known=KNOWN, waiting={"adex": {"anna-adex"}})
    (plan,) = decided(known, replace(ARTICLE, title="ADEX opens with 30 jets", site="o1.example")).plans
    assert (plan.deliveries, plan.additions) == ((), {"anna-adex": ("numbers: 30",)})


def test_a_story_that_came_under_another_topic_says_that_the_topic_is_new() -> None:
    (delivery,) = decided(world(told_before={"anna-adex": ["jets"]})).plans[0].deliveries
    assert delivery.notice.news == ("a new topic; this story came before under jets",)


def test_an_outlet_is_added_to_a_message_that_still_waits() -> None:
    (plan,) = decided(joined(1, waiting={"adex": {"anna-adex"}})).plans
    assert (plan.deliveries, plan.additions) == ((), {"anna-adex": ("2 outlets carry it now",)})


def test_who_waits_and_who_was_told_are_served_apart() -> None:
    second = replace(SUBSCRIPTION, id="second")
    known = joined(1, waiting={"adex": {"anna-adex"}}, subscriptions={"adex": [SUBSCRIPTION, second]})
    (plan,) = decided(known).plans
    assert list(plan.additions) == ["anna-adex"]
    assert [d.subscription for d in plan.deliveries] == ["second"]


def test_quiet_hours_hold_the_message_and_not_the_alert() -> None:
    night = replace(SUBSCRIPTION, quiet_from="22:00", quiet_to="07:00")
    at = datetime(2026, 9, 23, 21, 30, tzinfo=UTC)  # 23:30 in Rome
    (delivery,) = decided(world(night), now=at).plans[0].deliveries
    assert delivery.state is DeliveryState.HELD
    assert delivery.reason is DeliveryReason.QUIET_HOURS
    assert delivery.notice.reason is DeliveryReason.NEW_STORY
    assert delivery.not_before == datetime(2026, 9, 24, 5, 0, tzinfo=UTC)
    assert delivery.expires_at == delivery.not_before + timedelta(days=3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"recent": {"anna-adex": 30}}, DeliveryReason.CAP),
        ({"channels": {"anna-mail": replace(CHANNEL, active=False)}}, DeliveryReason.CHANNEL_DISABLED),
        ({"subscriptions": {"adex": [replace(SUBSCRIPTION, cadence=Cadence.DAILY)]}}, DeliveryReason.DIGEST),
    ],
)
def test_what_does_not_come_by_itself_waits_for_a_digest(changes: dict[str, object], reason: DeliveryReason) -> None:
    (delivery,) = decided(world(**changes)).plans[0].deliveries
    assert (delivery.state, delivery.reason, delivery.not_before) == (DeliveryState.HELD, reason, None)
    assert delivery.expires_at is None


def test_under_the_cap_a_message_comes_by_itself() -> None:
    (delivery,) = decided(world(recent={"anna-adex": 29})).plans[0].deliveries
    assert delivery.not_before == NOW + timedelta(seconds=30)


def test_a_silenced_story_is_not_told_and_says_why() -> None:
    for reason in (DeliveryReason.SNOOZED, DeliveryReason.NOT_RELEVANT):
        (plan,) = decided(world(silenced={"anna-adex": reason})).plans
        assert (plan.deliveries, plan.suppressions) == ((), (("anna-adex", reason),))


def test_the_key_of_a_message_is_stable_and_depends_on_each_part() -> None:
    key = idem_key("adex", 42, 1, 1, SUBSCRIPTION)
    assert key == "b6ead097a2fabbf0f25b8e83ae8b664581a4771033acc537c0e4ebe263c3543a"
    others = {
        idem_key("adey", 42, 1, 1, SUBSCRIPTION),
        idem_key("adex", 43, 1, 1, SUBSCRIPTION),
        idem_key("adex", 42, 2, 1, SUBSCRIPTION),
        idem_key("adex", 42, 1, 2, SUBSCRIPTION),
        idem_key("adex", 42, 1, 1, replace(SUBSCRIPTION, id="x")),
        idem_key("adex", 42, 1, 1, replace(SUBSCRIPTION, channel="x")),
        idem_key("adex4", 2, 1, 1, SUBSCRIPTION),
    }
    assert len(others | {key}) == 8


@pytest.mark.parametrize(
    ("local", "end"),
    [
        ("2026-09-23T21:59", None),
        ("2026-09-23T22:00", "2026-09-24T07:00"),
        ("2026-09-24T06:59", "2026-09-24T07:00"),
        ("2026-09-24T07:00", None),
    ],
)
def test_quiet_hours_over_midnight(local: str, end: str | None) -> None:
    zone = ZoneInfo("Asia/Baku")
    at = datetime.fromisoformat(local).replace(tzinfo=zone)
    wanted = datetime.fromisoformat(end).replace(tzinfo=zone) if end else None
    assert quiet_until("22:00", "07:00", at, "Asia/Baku") == wanted


def test_an_end_that_clocks_skip_is_the_end_of_the_gap() -> None:
    at = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Rome; 02:00 to 03:00 does not exist that night
    assert quiet_until("22:00", "02:30", at, "Europe/Rome") == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_an_end_that_comes_twice_is_its_first_occurrence() -> None:
    at = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert quiet_until("22:00", "02:30", at, "Europe/Rome") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert quiet_until("22:00", "02:30", datetime(2026, 10, 25, 1, 15, tzinfo=UTC), "Europe/Rome") is None


ZONES = ["UTC", "Europe/Rome", "Asia/Baku", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Tehran"]
WALL = st.times().map(lambda t: t.strftime("%H:%M"))


@given(
    WALL,
    WALL,
    st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(ZONES),
)
def test_quiet_hours_end_within_a_day_and_not_inside_themselves(start: str, stop: str, at: datetime, zone: str) -> None:
    end = quiet_until(start, stop, at, zone)
    if end is None:
        return
    assert at < end <= at + timedelta(hours=25)
    assert quiet_until(start, stop, end, zone) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=8), st.integers(0, 30), st.booleans())
def test_every_active_subscription_is_accounted_for(
    who: list[tuple[bool, bool, bool]], carried: int, known: bool
) -> None:
    """Told, added to a waiting message, suppressed with a reason, or the drop says that the story is old news."""
    subscriptions = [
        replace(SUBSCRIPTION, id=f"s{n}", active=active, muted_until=NOW + timedelta(hours=1) if muted else None)
        for n, (active, muted, _) in enumerate(who)
    ]
    waiting = {s.id for s, (_, _, waits) in zip(subscriptions, who, strict=True) if waits}
    state = joined(carried) if known else world()
    state = replace(state, subscriptions={"adex": subscriptions}, waiting={"adex": waiting} if known else {})
    decision = decided(state)
    (plan,) = decision.plans
    told = [d.subscription for d in plan.deliveries] + list(plan.additions) + [s for s, _ in plan.suppressions]
    assert len(told) == len(set(told))
    active = {s.id for s in subscriptions if s.active}
    assert set(told) <= active
    if set(told) != active:
        assert known
    if not told:
        assert decision.drops


def test_an_article_of_two_topics_says_to_one_reader_that_it_is_the_same_story() -> None:
    jets = replace(SUBSCRIPTION, id="anna-jets", topic="jets")
    mail = replace(jets, id="anna-jets-2", channel="other")
    known = world(
        topics={"adex": TOPIC, "jets": replace(TOPIC, id="jets", title="Jets")},
        subscriptions={"adex": [SUBSCRIPTION], "jets": [jets, mail]},
        channels={"anna-mail": CHANNEL, "other": replace(CHANNEL, id="other")},
    )
    first, second = decided(known, matches=(MATCH, replace(MATCH, topic="jets"))).plans
    assert [d.notice.news for d in first.deliveries] == [()]
    assert [d.notice.news for d in second.deliveries] == [
        ("a new topic; this story came before under adex",),
        (),  # its channel has not told of the story
    ]
    assert all(d.notice.reason is DeliveryReason.NEW_STORY for d in second.deliveries)

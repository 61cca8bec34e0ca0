"""Words of the model as pages say them: English here, other languages by the catalogues."""

from __future__ import annotations

KINDS = {
    "aircraft": "aircraft",
    "air-defence": "air defence",
    "alliance": "alliance",
    "artillery": "artillery",
    "company": "company",
    "country": "country",
    "designator": "designator",
    "drone": "drone",
    "exhibition": "exhibition",
    "helicopter": "helicopter",
    "missile": "missile",
    "organisation": "organisation",
    "person": "person",
    "place": "place",
    "radar": "radar",
    "ship": "ship",
    "vehicle": "vehicle",
    "weapon": "weapon",
}
"""Kinds of entities."""

OUTCOMES = {
    "ok": "ok",
    "not-modified": "unchanged since",
    "robots": "forbidden by robots.txt",
    "http-error": "refused by the server",
    "server-error": "the server has an error",
    "throttled": "told to come later",
    "gone": "gone for good",
    "dns": "the host is unknown",
    "connect": "no connection",
    "tls": "no valid certificate",
    "timeout": "no answer in time",
    "cut": "the answer broke off",
    "too-large": "too large",
    "blocked-address": "an address that must not be asked",
    "bad-redirect": "led nowhere",
    "not-a-feed": "not what it should be",
    "empty": "empty",
    "captcha": "asks whether one is human",
    "consent": "asks for consent",
    "failed": "failed",
}
"""How a visit ended (`vedette.model.FetchOutcome`)."""

DROPS = {
    "seen-before": "seen before",
    "unreachable": "could not be reached",
    "not-html": "not a web page",
    "not-an-article": "not an article",
    "no-text": "no text",
    "too-complex": "too large or too complex",
    "extraction-failed": "could not be read",
    "too-old": "too old",
    "unchanged": "unchanged",
    "no-match": "no topic matches",
    "silent-import": "there before the source was watched",
    "no-subscription": "nobody follows the topic",
    "already-alerted": "told already",
    "muted": "muted",
    "overflow": "more entries than one poll takes",
    "opted-out": "the publisher opted out",
}
"""Why something went no further (`vedette.model.DropReason`), beside the outcomes of visits."""

STATES = {
    "active": "active",
    "paused": "paused",
}
"""Whether a source is polled (`vedette.model.SourceState`); gone is an outcome as well."""

JOINS = {
    "first": "began the story",
    "copy": "a copy",
    "retold": "retold",
    "analyst": "put there by a person",
}
"""How an article came into its story (`vedette.model.Join`)."""

DELIVERIES = {
    "held": "held back",
    "pending": "to be sent",
    "sending": "being sent",
    "sent": "sent",
    "retry": "to be tried again",
    "uncertain": "perhaps sent",
    "suppressed": "withheld",
    "expired": "too late",
    "dead": "given up",
}
"""Where a message stands (`vedette.model.DeliveryState`)."""

ATTEMPTS = {
    "permanent": "refused for good",
    "channel-gone": "the channel takes nothing any more",
}
"""How an attempt ended (`vedette.model.AttemptOutcome`), beside the states of messages."""

REASONS = {
    "new-story": "a new story",
    "update": "news of a story",
    "test": "a test",
    "operator": "to whoever runs Vedette",
    "group-wait": "gathered with others",
    "quiet-hours": "quiet hours",
    "snoozed": "silent for a while",
    "not-relevant": "not relevant",
    "unsubscribed": "not followed any more",
    "cap": "over the number of an hour",
    "digest": "in a digest",
    "permanent-failure": "refused for good",
    "channel-disabled": "the channel is off",
    "out-of-retries": "tried too often",
    "too-late": "too late",
}
"""Why a message stands where it stands (`vedette.model.DeliveryReason`), beside what `DROPS` says."""

CADENCES = {
    "at-once": "at once",
    "hourly": "hourly",
    "daily": "daily",
    "weekly": "weekly",
}
"""How often somebody is told (`vedette.model.Cadence`)."""

STAGES = {
    "crawl": "crawling",
    "fetch": "fetching",
    "extract": "reading",
    "store": "keeping",
    "match": "matching",
    "decide": "deciding",
    "deliver": "sending",
    "poll": "poll",
    "page": "page",
}
"""The stages of an article's path, and what a visit was for."""

ACTIONS = (
    "added a source", "alert: not-relevant", "alert: snoozed", "changed their account", "changed their password",
    "channel changed", "channel created", "channel same", "channel: enable", "channel: remove", "channel: test",
    "ended a token", "gave a token", "imported sources", "invited", "joined", "let in", "feed", "locked out", "mute",
    "not-relevant", "snooze", "unsubscribe", "removed a source", "role admin", "role analyst", "sign-in failed",
    "signed in", "signed out", "signed out elsewhere", "source: pause", "source: poll", "source: resume",
    "story: merge",
    "story: split", "subscription changed", "subscription created", "subscription same", "subscription: mute",
    "subscription: remove", "subscription: unmute", "topic changed", "topic created", "topic deleted",
    "topic feed: made", "topic feed: withdrawn",
)  # fmt: skip
"""What stands in the audit log as what somebody did."""

COMPLAINTS = (
    "Field required",
    "Extra inputs are not permitted",
    "Input should be {}",
    "Input should be greater than {}",
    "Input should be greater than or equal to {}",
    "Input should be less than {}",
    "Input should be less than or equal to {}",
    "Input should be a finite number",
    "Input should be a valid boolean, unable to interpret input",
    "Input should be a valid integer",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be a valid string",
    "String should have at least {} characters",
    "String should have at most {} characters",
    "String should have at least {} character",
    "String should have at most {} character",
    "String should match pattern '{}'",
    "Unable to parse input string as an integer, exceeded maximum size",
)
"""What pydantic says of a value that can't be, {} where a value stands."""

TERMS = {**STAGES, **CADENCES, **REASONS, **DELIVERIES, **ATTEMPTS, **KINDS, **OUTCOMES, **DROPS, **STATES, **JOINS}
"""Every word with what is said for it; a word that is not here, such as a kind of an analyst's own, is said itself."""

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

TERMS = {**STAGES, **CADENCES, **REASONS, **DELIVERIES, **ATTEMPTS, **KINDS, **OUTCOMES, **DROPS, **STATES, **JOINS}
"""Every word with what is said for it; a word that is not here, such as a kind of an analyst's own, is said itself."""

"""The only room that speaks SQL.

Open a database with `open_store`, then work in `store.write()` or `store.read()` through the aggregates of
`storage.store.Transaction`. SQLite and PostgreSQL behave alike.
"""

from storage.accounts import Account, Audit, Invitation, Session, Token
from storage.alerts import AlertView, Suppression
from storage.articles import Revision
from storage.digests import DigestDue, DigestRun
from storage.hosts import HostState
from storage.items import AddResult, Sighting
from storage.matches import StoredMatch
from storage.mentions import Mentioned
from storage.meta import Worker
from storage.migrate import backup, check, daemon_lock, open_store, revision, upgrade
from storage.search import Archived
from storage.silences import Silence
from storage.sources import PollRecord
from storage.store import Store, Transaction
from storage.stories import Portrait, Story, StoryCandidate, StoryMember, StoryRecord, TraitCounts
from storage.stream import StreamEntry, Wanted
from storage.topics import TopicVersion
from storage.websub import HubSubscription

__all__ = [
    "Account",
    "AddResult",
    "AlertView",
    "Archived",
    "Audit",
    "DigestDue",
    "DigestRun",
    "HostState",
    "HubSubscription",
    "Invitation",
    "Mentioned",
    "PollRecord",
    "Portrait",
    "Revision",
    "Session",
    "Sighting",
    "Silence",
    "Store",
    "StoredMatch",
    "Story",
    "StoryCandidate",
    "StoryMember",
    "StoryRecord",
    "StreamEntry",
    "Suppression",
    "Token",
    "TopicVersion",
    "TraitCounts",
    "Transaction",
    "Wanted",
    "Worker",
    "backup",
    "check",
    "daemon_lock",
    "open_store",
    "revision",
    "upgrade",
]

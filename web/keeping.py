"""Topics as they are kept: checked, saved as a new version, restored. Pages and the API share it."""

from __future__ import annotations

import re
from dataclasses import replace

from vedette.errors import UsageError
from vedette.model import Topic
from web import asking
from web.problems import Problem
from web.site import Site
from web.visitor import Visitor

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def store_topic(site: Site, found: Visitor, topic: Topic, reason: str, *, new: bool, address: str) -> Topic:
    """Check and keep a topic; RuleError or UsageError where it must be refused."""
    if not NAME.fullmatch(topic.id):
        raise UsageError("A topic needs a title, or a short name of small letters, digits and hyphens.")
    with site.store.write() as tx:
        if new and tx.topics.get(topic.id) is not None:
            raise UsageError("There is a topic of that name: choose another one.")
        with site.monitors.lend(tx) as monitor:
            asking.checked(monitor, topic.rule, topic.id)
        stored, answer = tx.topics.put(
            replace(topic, title=topic.title or topic.id), site.now(), author=found.id, reason=reason[:500]
        )
        if answer != "same":
            tx.audit.add(found.id, f"topic {answer}", topic.id, site.wall(), f"version {stored.version}", address)
    return stored


def restore_topic(site: Site, found: Visitor, topic_id: str, version: int, address: str) -> Topic:
    """Make an earlier version's rule the newest one; Problem 404 where there is no such topic or version."""
    with site.store.read() as tx:
        known = tx.topics.get(topic_id)
        earlier = next((one for one in tx.topics.versions(topic_id) if one.version == version), None)
    if known is None or earlier is None:
        raise Problem(404)
    changed = replace(known, rule=earlier.rule)
    return store_topic(site, found, changed, f"restored version {version}", new=False, address=address)

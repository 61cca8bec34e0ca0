"""schemathesis over the whole API, as an analyst and as an administrator: no server error, no answer against the schema,
and nothing of another analyst's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.newsroom import furnish, publish
from tests.website import Website
from vedette.clock import FrozenClock
from vedette.model import Analyst, Channel, Subscription

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi import schemas  # noqa: E402, F401 - read now, while no server runs beside
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SECRET = "the-secret-channel-of-eve"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    from tests.conftest import NOW

    with Website(tmp_path_factory.mktemp("web"), FrozenClock(NOW)) as running:
        furnish(running.store, running.clock.now())
        for number in range(3):
            publish(running.store, running.clock.now(), f"ADEX, day {number}", "ADEX goes on.", number=number)
        with running.store.write() as tx:
            for name in ("anna", "boss", "eve"):
                tx.analysts.put(Analyst(name))
            tx.channels.put(Channel(SECRET, "feed", {"title": SECRET, "key": "k"}, "eve"))
            tx.subscriptions.put(Subscription(f"eve:adex:{SECRET}", "eve", "adex", SECRET))
        yield running


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "scopes"), [("anna", ("read", "write")), ("boss", ("read", "write", "admin"))])
def test_no_request_breaks_the_api(site: Website, name: str, scopes: tuple[str, ...]) -> None:
    schema = schemathesis.openapi.from_url(f"{site.url}/api/v1/openapi.json")
    headers = {"authorization": f"Bearer {site.token(name, *scopes)}"}
    count = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/events"):  # an answer without end: test_cli_remote.py follows it
            continue

        @settings(
            max_examples=25, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def run(case: schemathesis.Case) -> None:
            response = case.call(headers=headers, timeout=60)
            case.validate_response(response, checks=CHECKS)
            assert SECRET not in response.text

        run()
        count += 1
    assert count > 20
    with site.store.read() as tx:
        assert tx.channels.get(SECRET) is not None
        assert tx.subscriptions.get(f"eve:adex:{SECRET}") is not None

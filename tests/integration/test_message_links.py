"""From a mail in a mailbox to what its reader clicks: over a real mail server, and the real pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from alerts.channels import seal
from alerts.deliver import deliver_due
from tests.conftest import NOW
from tests.faulty import MailReceiver, mail_receiver
from tests.newsroom import furnish, publish
from tests.website import Website
from vedette import log
from vedette.clock import FrozenClock
from vedette.daemon.context import Context
from vedette.model import Analyst, Channel, Subscription

PUBLIC = "https://vedette.example"


@dataclass
class House:
    """The pages, a mail server, and an analyst who follows a topic by mail."""

    site: Website
    mail: MailReceiver

    def told(self) -> EmailMessage:
        """The mail about an article of now."""
        site = self.site
        publish(site.store, site.clock.now(), "ADEX", "ADEX opens", number=1, told="anna:adex anna-mail")
        deliver_due(Context(site.settings, site.clock, site.store, "deliver", "boot", log.get("vedette")))
        (mail,) = self.mail.mails
        return mail

    def subscription(self) -> Subscription | None:
        with self.site.store.read() as tx:
            return tx.subscriptions.get("anna:adex")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with mail_receiver() as mail:
        configuration = (
            f'[alerts]\npublic_url = "{PUBLIC}"\n[smtp]\nhost = "127.0.0.1"\nport = {mail.port}\nsecurity = "none"\n'
        )
        with Website(tmp_path, FrozenClock(NOW), configuration) as site:
            furnish(site.store, site.clock.now())
            settings = seal("email", {"to": "anna@example.org"}, site.settings.vault())
            with site.store.write() as tx:
                tx.analysts.put(Analyst("anna", "Anna", "anna@example.org", "Europe/Rome"))
                tx.channels.put(Channel("anna-mail", "email", settings, "anna"))
                tx.subscriptions.put(Subscription("anna:adex", "anna", "adex", "anna-mail"))
            yield House(site, mail)


def path_of(url: str) -> str:
    assert url.startswith(PUBLIC)
    return urlsplit(url).path


def test_a_mail_program_unsubscribes_with_one_click_and_a_scanner_does_not(house: House) -> None:
    mail = house.told()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = path_of(mail["List-Unsubscribe"].strip("<>"))
    scanner, program = house.site.browser(), house.site.browser()  # neither has a cookie
    for _ in range(2):
        assert scanner.get(path).status_code == 200
        assert scanner.client.head(path).status_code in (200, 405)
    assert house.subscription() is not None, "looking at the link did something"
    done = program.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert house.subscription() is None
    assert program.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200, "done twice is done"


def test_every_link_of_a_mail_leads_to_a_page_that_asks(house: House) -> None:
    mail = house.told()
    text = mail.get_body(("plain",))
    assert text is not None
    urls = [word for word in str(text.get_content()).split() if word.startswith(f"{PUBLIC}/links/")]
    assert len(urls) == 4
    stranger = house.site.browser()
    for url in urls:
        assert "<form" in stranger.page(path_of(url))
    muted = stranger.post(path_of(urls[0]))
    assert "Done." in muted.text
    left = house.subscription()
    assert left is not None
    assert left.muted_until is not None


def test_the_page_of_a_link_speaks_the_language_of_the_account(house: House) -> None:
    with house.site.store.write() as tx:
        tx.analysts.put(Analyst("anna", "Anna", "anna@example.org", "Europe/Rome", "it"))
    path, stranger = path_of(house.told()["List-Unsubscribe"].strip("<>")), house.site.browser()
    assert '<html lang="it"' in stranger.page(path)
    assert '<html lang="it"' in stranger.post(path).text, "though the subscription is gone"
    assert house.subscription() is None

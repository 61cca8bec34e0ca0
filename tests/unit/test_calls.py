"""What a site writes into its articles to win readers is not told by them."""

from __future__ import annotations

import pytest

from extractors.calls import without_calls

TOLD = "The coast guard took over its third patrol aircraft on Thursday."


@pytest.mark.parametrize(
    "call",
    [
        "Subscribe to our newsletter",
        "To read on, subscribe to Fleet Review for the price of a coffee a week.",
        "Sign up for the daily brief",
        "Already a subscriber? Log in",
        "This article is for subscribers.",
        "Abbonati per continuare a leggere",
        "Abonnez-vous pour lire la suite",
        "Jetzt abonnieren und weiterlesen",
        "Suscríbete para seguir leyendo",
        "Okumaya devam etmek için abone olun",
        "Подпишитесь на нашу рассылку",
        "Підписуйтесь на наш канал",
        "订阅后继续阅读",
        "Follow Fleet Review on Google News and add us as a source.",
        "Join us on our WhatsApp channel",
        "Il vous reste 57.09% de cet article à lire.",
        "Advertisement",
        "Tags:",
        "8 comments",
        "© 2026 The Patrol Press. All rights reserved.",
        "Bütün hüquqlar qorunur.",
    ],
)
def test_a_call_goes(call: str) -> None:
    assert without_calls(f"{TOLD}\n\n{call}\n\n{TOLD}") == f"{TOLD}\n\n{TOLD}"


@pytest.mark.parametrize(
    "told",
    [
        TOLD,
        "Subscribers to the alert network now number two hundred.",
        "The ministry subscribed to the joint declaration.",
        "Sign of the times: the navy registers drones.",
        "Comments by the minister were not to be had.",
        "Подписано соглашение о сотрудничестве.",
        "Abonnenten des Dienstes sind zwölf Häfen.",
    ],
)
def test_what_is_told_stays(told: str) -> None:
    assert without_calls(f"{TOLD}\n\n{told}") == f"{TOLD}\n\n{told}"


def test_a_text_of_nothing_else_stays() -> None:
    assert without_calls("Subscribe to read on") == "Subscribe to read on"

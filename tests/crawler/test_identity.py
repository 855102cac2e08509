"""Who we say we are (N5, DA-5.3.1-3): one place, three facts."""

from __future__ import annotations

import pytest

from crawler.identity import Identity
from provenance.version import VERSION


@pytest.mark.parametrize(
    ("info_url", "where"),
    [
        pytest.param("https://example.org/bot", "+https://example.org/bot", id="the public page"),
        pytest.param(None, "+mailto:crawler@example.org", id="without one, the mailbox"),
    ],
)
def test_the_user_agent_says_who_and_where_to_complain(info_url: str | None, where: str) -> None:
    identity = Identity(operator="Example", contact="crawler@example.org", info_url=info_url)
    assert identity.user_agent == f"Aboveboard/{VERSION} ({where})"
    assert identity.headers() == {"User-Agent": identity.user_agent, "From": "crawler@example.org"}


def test_the_token_that_robots_txt_is_asked_about_is_the_one_on_the_wire() -> None:
    """B10: the bare product token goes to the matcher, and begins the User-Agent."""
    identity = Identity(operator="E", contact="c@example.org", info_url=None, product_token="Example_Bot")
    assert identity.user_agent.partition("/")[0] == identity.product_token

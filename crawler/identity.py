"""Who we say we are: one product token, one User-Agent, one From, all built from ``[operator]``.

The token that robots.txt is asked about is the token on the wire (DA-5.3.1-3, RFC 9309 §2.2.1): there is no second
place where either could be set.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance.version import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The operator as every request names them."""

    operator: str
    contact: str  # a mail address
    info_url: str | None  # the public page about this crawler
    product_token: str = "Aboveboard"  # noqa: S105  # a robots.txt token, not a secret

    @property
    def user_agent(self) -> str:
        """The User-Agent of every request: product, version, and where to complain.

        >>> Identity(operator="E", contact="c@example.org", info_url=None).user_agent.split(" ", 1)[1]
        '(+mailto:c@example.org)'
        """
        where = f"+{self.info_url}" if self.info_url else f"+mailto:{self.contact}"
        return f"{self.product_token}/{VERSION} ({where})"

    def headers(self) -> dict[str, str]:
        """The headers that say who we are; nothing else of a request is ours to choose."""
        return {"User-Agent": self.user_agent, "From": self.contact}

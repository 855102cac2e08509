"""robots.txt by RFC 9309: may we request this URL, which line says so, at what pace, and what it implies."""

from __future__ import annotations

from licences.robots.document import FRAMEWORK_TOKEN, Access, RobotsDocument
from licences.robots.pace import PARK_ABOVE, RobotsPace, Window
from licences.robots.state import RobotsState, robots_state
from licences.robots.target import target
from licences.robots.text import LIMIT, RobotsFlag

__all__ = [
    "FRAMEWORK_TOKEN",
    "LIMIT",
    "PARK_ABOVE",
    "Access",
    "RobotsDocument",
    "RobotsFlag",
    "RobotsPace",
    "RobotsState",
    "Window",
    "allowed",
    "robots_state",
]


def allowed(body: bytes, product_token: str, url: str) -> bool:
    r"""Tell whether RFC 9309 lets an agent request a URL; nothing of our own is added.

    >>> allowed(b"User-agent: *\nDisallow: /private", "OurBot", "https://example.org/private/1")
    False
    """
    path = target(url)
    return path == "/robots.txt" or RobotsDocument.parse(body).rules_for(product_token).decide(path).allowed

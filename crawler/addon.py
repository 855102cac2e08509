"""The seal: a crawl whose final settings differ from what must hold does not start.

A spider's ``custom_settings`` and the command line outrank an add-on, so nothing is set here: the settings are
compared as they ended up, and the difference is told with the setting's name, its source and why it matters
(DA-5.3.1-3, C-IDENT: there is no switch).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, Settings

from crawler import settings as ours
from crawler.errors import CrawlerError

_SOURCES = {priority: name for name, priority in SETTINGS_PRIORITIES.items()}


class SealBroken(CrawlerError):  # noqa: N818  # says what it is
    """A setting that permission, identity or pace rest on was changed; nothing was requested."""


def _plain(value: Any) -> Any:
    if isinstance(value, (BaseSettings, dict)):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def required() -> dict[str, Any]:
    """Return the settings that must hold, as plain values."""
    return {name: _plain(getattr(ours, name)) for name in ours.REQUIRED}


def check(settings: BaseSettings) -> None:
    """Compare final settings with what must hold.

    Raises:
        SealBroken: each difference with setting, source and remedy.
    """
    differences = []
    for name, wanted in required().items():
        found = _plain(settings.get(name))
        if found != wanted:
            source = _SOURCES.get(settings.getpriority(name) or 0, "the environment")
            differences.append(f"{name} is {found!r} (set by: {source}); it must be {wanted!r}")
    if differences:
        raise SealBroken(
            "these settings are what permission, identity and pace rest on, and they were changed:\n  "
            + "\n  ".join(differences)
            + "\nTake the change out; what a site's owner granted goes into [[permission]] of the job file."
        )


def digest(settings: BaseSettings) -> bytes:
    """Return SHA-256 over the effective settings, for the run's record."""
    plain = {name: _plain(value) for name, value in sorted(settings.copy_to_dict().items())}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).digest()


class Seal:
    """Scrapy's way to us: an add-on sees each crawler's settings before its components are built."""

    def update_settings(self, settings: Settings) -> None:
        """Check the settings as they stand when add-ons load."""
        check(settings)

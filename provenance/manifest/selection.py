"""What a manifest is asked to hold, as people write it on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from licences.policy import Policy
from licences.vocabulary import Usage
from provenance.errors import ProvenanceError
from provenance.queries.capture_filter import CaptureFilter

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SHARE = re.compile(r"[0-9]{0,3}(\.[0-9]{0,12})?")


class Duplicates(StrEnum):
    """Which documents are left out because another says the same; the one with the lowest key stays."""

    KEEP = "keep"  # none
    EXACT = "exact"  # of equal payloads
    NEAR = "near"  # also whose fingerprints differ in at most three bits of 64


class Versions(StrEnum):
    """Which captures of one URL count."""

    LATEST = "latest"  # the newest there is; where that one is not permitted, none
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the set, and how much of it that should be."""

    name: str
    share: Decimal  # of 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked for."""

    usage: Usage
    policy: Policy
    wanted: CaptureFilter = field(
        default_factory=CaptureFilter
    )  # its outcomes, conflicts and limit do not count here
    licence: str | None = None  # the glob that the filter's rights sets came from
    duplicates: Duplicates = Duplicates.EXACT
    versions: Versions = Versions.LATEST
    parts: Sequence[Part] = ()  # empty: not split
    holder: str | None = None  # the team it is made for

    @property
    def query(self) -> Mapping[str, Any]:
        """The question as it stands in the header: what was not asked is not there."""
        wanted = self.wanted
        given: dict[str, Any] = {
            "site": wanted.site,
            "prefix": wanted.prefix,
            "licence": self.licence,
            "media_type": wanted.media_type,
            "language": wanted.language,
            "source": wanted.source,
            "run": wanted.run,
            "since": _instant(wanted.since),
            "until": _instant(wanted.until),
            "duplicates": self.duplicates.value,
            "versions": self.versions.value,
            "split": ",".join(f"{part.name}={part.share}" for part in self.parts) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


def parts_of(text: str | None) -> tuple[Part, ...]:
    """Read "train=0.98,test=0.02".

    Raises:
        ProvenanceError: it is not written so, or the shares do not add up to 1.

    >>> [(part.name, str(part.share)) for part in parts_of("train=0.98, test=0.02")]
    [('train', '0.98'), ('test', '0.02')]
    """
    if text is None:
        return ()
    found: dict[str, Part] = {}
    for piece in text.split(","):
        name, _, share = (one.strip() for one in piece.partition("="))
        try:
            part = Part(name=name, share=Decimal(share) if _SHARE.fullmatch(share) else Decimal(0))
        except InvalidOperation:
            raise _no_split(text) from None
        if not _NAME.fullmatch(name) or name in found or not 0 < part.share <= 1:
            raise _no_split(text)
        found[name] = part
    if sum(part.share for part in found.values()) != 1:
        raise ProvenanceError(
            f"--split {text}: the shares add up to {sum(p.share for p in found.values())}, not to 1"
        )
    return tuple(found.values())


def _no_split(text: str) -> ProvenanceError:
    return ProvenanceError(
        f"--split {text}: write names (small letters, digits, - and _) and shares of 1: train=0.98,test=0.02"
    )


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")

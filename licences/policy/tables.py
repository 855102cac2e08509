"""The tables of a policy file as TOML has them: names, types and limits of every key."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from licences.policy.model import Keep, Stance
from licences.vocabulary import ConditionType, Outcome, Usage

_UNITS = {"h": 3600, "d": 86_400}
_LONGEST = 100 * 366 * 86_400  # seconds: a century


def seconds_of(text: Any) -> int:
    """Return a duration in seconds; ValueError says how one is written.

    >>> seconds_of("180d"), seconds_of("12h")
    (15552000, 43200)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,6})([hd])", text) if isinstance(text, str) else None
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        raise ValueError('write a number with h for hours or d for days, at most a century: "180d"')
    return seconds


Confidence = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[int, Field(gt=0)]
Duration = Annotated[int, BeforeValidator(seconds_of)]


class Table(BaseModel):
    """A table that knows its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Keeping(Table):
    """What is kept, where a table may say so or leave it to the outcome."""

    keep: Keep | None = None
    keep_for: Duration | None = Field(default=None, alias="for")


class RuleTable(Keeping):
    """``[[rule]]``."""

    name: str
    number: int | None = None
    usages: tuple[Usage, ...] = ()
    outcome: Outcome | None = None
    says: str
    adds: tuple[ConditionType, ...] = ()
    enforces: tuple[str, ...] = ()


class ExceptionTable(Keeping):
    """``[[silence.exception]]``."""

    usages: Annotated[tuple[Usage, ...], Field(min_length=1)]
    outcome: Outcome
    says: str
    enforces: tuple[str, ...] = ()


class SilenceTable(Keeping):
    """``[silence]``."""

    outcome: Outcome
    says: str
    enforces: tuple[str, ...] = ()
    exception: tuple[ExceptionTable, ...] = ()


class KeepTable(Table):
    """One line of ``[retention]``."""

    keep: Keep
    keep_for: Duration | None = Field(default=None, alias="for")


class RetentionTable(Table):
    """``[retention]``: one line an outcome."""

    permitted: KeepTable
    permitted_with_conditions: KeepTable
    needs_review: KeepTable
    not_permitted: KeepTable
    no_signal: KeepTable


class ChannelsTable(Table):
    """``[channels]``."""

    needed: tuple[str, ...] = ()


class TrustTable(Table):
    """``[trust]``."""

    allow_confidence: Confidence
    deny_confidence: Confidence


class ReadingsTable(Table):
    """``[readings]``: words that can be read in two ways."""

    noarchive_is_noai: bool = False


class RecheckTable(Table):
    """``[recheck]``."""

    host_signals_seconds: Seconds
    document_seconds: Seconds


class PolicyTable(Table):
    """The whole file."""

    name: str
    summary: str
    silence: SilenceTable
    retention: RetentionTable
    trust: TrustTable
    recheck: RecheckTable
    channels: ChannelsTable = ChannelsTable()
    readings: ReadingsTable = ReadingsTable()
    conditions: dict[ConditionType, Stance] = {}
    rule: tuple[RuleTable, ...] = ()

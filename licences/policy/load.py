"""Load a policy from TOML: a packaged profile by name, or a file's text.  Errors name file, key and remedy."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from licences.errors import PolicyError
from licences.policy.model import Policy, PolicyRule, Silence, Stance
from licences.policy.rules import RULES
from licences.vocabulary import ConditionType, Outcome

BUILTIN = Policy.builtin
_Confidence = Annotated[float, Field(ge=0, le=1)]
_Seconds = Annotated[int, Field(gt=0)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RuleTable(_Table):
    name: str
    number: int | None = None
    outcome: Outcome | None = None
    says: str
    enforces: tuple[str, ...] = ()


class _SilenceTable(_Table):
    outcome: Outcome
    says: str
    enforces: tuple[str, ...] = ()


class _Trust(_Table):
    allow_confidence: _Confidence
    deny_confidence: _Confidence


class _Recheck(_Table):
    host_signals_seconds: _Seconds
    document_seconds: _Seconds


class _PolicyTable(_Table):
    name: str
    summary: str
    silence: _SilenceTable
    trust: _Trust
    recheck: _Recheck
    conditions: dict[ConditionType, Stance] = {}
    rule: tuple[_RuleTable, ...] = ()


def load(name_or_path: str) -> Policy:
    """Return a packaged profile, or the policy in a file.

    A name without a slash and without ``.toml`` is a profile's.  PolicyError when there is none, or when it does
    not say what it must.
    """
    if name_or_path in BUILTIN:
        return read(_profile(name_or_path), name_or_path)
    path = Path(name_or_path)
    if path.suffix != ".toml" and "/" not in name_or_path:
        raise PolicyError(
            f"policy {name_or_path!r}: no such profile; write one of {', '.join(BUILTIN)}, or a path that ends in .toml"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"{name_or_path}: cannot be read ({error}); name a policy file in TOML, UTF-8"
        ) from error
    return read(text, name_or_path)


def read(text: str, where: str) -> Policy:
    """Return the policy that a TOML text says.

    Args:
        text: the whole file; its SHA-256 is the policy's version.
        where: its name, for error messages.
    """
    try:
        table = _PolicyTable.model_validate(tomllib.loads(text), strict=False)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{where}: not TOML ({error}); correct that line") from error
    except ValidationError as error:
        raise PolicyError(_first_fault(where, error.errors()[0])) from error
    rules = tuple(_rule(where, number, entry) for number, entry in enumerate(table.rule, start=1))
    return Policy(
        name=table.name,
        summary=table.summary.strip(),
        text=text,
        digest=sha256(text.encode()).digest(),
        rules=rules,
        silence=Silence(
            outcome=table.silence.outcome, says=table.silence.says, enforces=table.silence.enforces
        ),
        conditions=MappingProxyType(dict(table.conditions)),
        allow_confidence=table.trust.allow_confidence,
        deny_confidence=table.trust.deny_confidence,
        recheck_host_after=table.recheck.host_signals_seconds,
        recheck_after=table.recheck.document_seconds,
    )


def _rule(where: str, number: int, entry: _RuleTable) -> PolicyRule:
    place = f"{where}: [[rule]] number {number} ({entry.name})"
    known = RULES.get(entry.name)
    if known is None:
        raise PolicyError(f"{place}: key name: there is no such rule; write one of {', '.join(RULES)}")
    if not known.outcomes and entry.outcome is not None:
        raise PolicyError(f"{place}: key outcome: this rule only sets statements aside; remove the key")
    if known.outcomes and entry.outcome not in known.outcomes:
        allowed = ", ".join(sorted(outcome.value for outcome in known.outcomes))
        found = "is missing" if entry.outcome is None else f"cannot be {entry.outcome.value}"
        raise PolicyError(f"{place}: key outcome {found}; write one of {allowed}")
    return PolicyRule(
        name=entry.name, number=entry.number, outcome=entry.outcome, says=entry.says, enforces=entry.enforces
    )


def _first_fault(where: str, fault: Any) -> str:  # pydantic's ErrorDetails, a TypedDict
    key = ".".join(str(part) for part in fault["loc"])
    remedy = {"missing": "add it", "extra_forbidden": "remove it: no such key"}.get(
        fault["type"], fault["msg"]
    )
    return f"{where}: key {key}: {remedy}"


def _profile(name: str) -> str:
    return files("licences.policy").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")

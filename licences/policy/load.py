"""Load a policy from TOML: a packaged profile by name, or a file's text.  Errors name file, key and remedy."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from licences.errors import PolicyError
from licences.policy.faults import first_fault
from licences.policy.model import (
    Keep,
    NeededChannel,
    Policy,
    PolicyRule,
    Retention,
    Silence,
)
from licences.policy.rules import RULES
from licences.policy.tables import ExceptionTable, Keeping, KeepTable, PolicyTable, RuleTable, SilenceTable
from licences.vocabulary import Channel, Outcome, Usage

BUILTIN = Policy.builtin
CHANNELS = {
    "robots.txt": NeededChannel(name="robots.txt", channel=Channel.ROBOTS_TXT),
    "headers": NeededChannel(name="headers", channel=Channel.HTTP_HEADER),
    **{
        name: NeededChannel(name=name, channel=Channel.WELL_KNOWN, document=name)
        for name in ("tdmrep.json", "ai.txt", "trust.txt")
    },
}


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
        data = tomllib.loads(text)
        table = PolicyTable.model_validate(data, strict=False)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{where}: not TOML ({error}); correct that line") from error
    except ValidationError as error:
        raise PolicyError(first_fault(where, data, error)) from error
    silence = f"{where}: [silence]"
    policy = Policy(
        name=table.name,
        summary=table.summary.strip(),
        text=text,
        digest=sha256(text.encode()).digest(),
        rules=tuple(_rule(where, number, entry) for number, entry in enumerate(table.rule, start=1)),
        silence=_silence(silence, table.silence),
        exceptions=tuple(
            _silence(f"{where}: [[silence.exception]] number {number}", entry)
            for number, entry in enumerate(table.silence.exception, start=1)
        ),
        conditions=MappingProxyType(dict(table.conditions)),
        retention=MappingProxyType(
            {
                outcome: _retention(
                    f"{where}: [retention]: {outcome.value}", getattr(table.retention, outcome.value)
                )
                for outcome in Outcome
            }
        ),
        needed=tuple(_channel(where, name) for name in table.channels.needed),
        allow_confidence=table.trust.allow_confidence,
        deny_confidence=table.trust.deny_confidence,
        noarchive_is_noai=table.readings.noarchive_is_noai,
        recheck_host_after=table.recheck.host_signals_seconds,
        recheck_after=table.recheck.document_seconds,
    )
    _check_whole(where, policy)
    return policy


def _rule(where: str, number: int, entry: RuleTable) -> PolicyRule:
    place = f"{where}: [[rule]] number {number} ({entry.name})"
    known = RULES.get(entry.name)
    if known is None:
        raise PolicyError(f"{place}: key name: there is no such rule; write one of {', '.join(RULES)}")
    if not known.outcomes:
        for key in ("outcome", "keep", "adds"):
            if getattr(entry, key):
                raise PolicyError(f"{place}: key {key}: this rule only sets statements aside; remove the key")
    elif entry.outcome not in known.outcomes:
        allowed = ", ".join(sorted(outcome.value for outcome in known.outcomes))
        found = "is missing" if entry.outcome is None else f"cannot be {entry.outcome.value}"
        raise PolicyError(f"{place}: key outcome {found}; write one of {allowed}")
    if entry.adds and entry.outcome is not Outcome.PERMITTED:
        raise PolicyError(f'{place}: key adds: only a permission has conditions; write outcome = "permitted"')
    return PolicyRule(
        name=entry.name,
        number=entry.number,
        outcome=entry.outcome,
        says=entry.says,
        enforces=entry.enforces,
        usages=frozenset(entry.usages),
        adds=entry.adds,
        retention=_kept(place, entry),
    )


def _silence(place: str, entry: SilenceTable | ExceptionTable) -> Silence:
    if entry.outcome is Outcome.PERMITTED_WITH_CONDITIONS:
        raise PolicyError(f"{place}: key outcome: silence asks for no conditions; write permitted")
    return Silence(
        outcome=entry.outcome,
        says=entry.says,
        enforces=entry.enforces,
        usages=frozenset(entry.usages) if isinstance(entry, ExceptionTable) else frozenset(),
        retention=_kept(place, entry),
    )


def _retention(place: str, entry: KeepTable) -> Retention:
    if entry.keep is Keep.NOTHING and entry.keep_for is not None:
        raise PolicyError(f"{place}: key for: nothing is kept; remove it")
    return Retention(keep=entry.keep, seconds=entry.keep_for)


def _kept(place: str, entry: Keeping) -> Retention | None:
    if entry.keep is not None:
        return _retention(place, KeepTable.model_construct(keep=entry.keep, keep_for=entry.keep_for))
    if entry.keep_for is not None:
        raise PolicyError(f"{place}: key for: add keep beside it, or remove it")
    return None


def _channel(where: str, name: str) -> NeededChannel:
    if (known := CHANNELS.get(name)) is None:
        raise PolicyError(
            f"{where}: key channels.needed: nobody asks {name!r}; write some of {', '.join(CHANNELS)}"
        )
    return known


def _check_whole(where: str, policy: Policy) -> None:
    """Refuse what only shows when a policy's parts are seen together."""
    said: dict[str, frozenset[Usage]] = {}
    for number, rule in enumerate(policy.rules, start=1):
        place = f"{where}: [[rule]] number {number} ({rule.name})"
        usages = rule.usages or frozenset(Usage)
        if usages & said.get(rule.name, frozenset()):
            raise PolicyError(f"{place}: it stands above already; remove one, or give both a key usages")
        said[rule.name] = usages | said.get(rule.name, frozenset())
        if rule.name == "access" and rule.outcome is not None:
            kept = policy.retained(rule.outcome, rule).keep
            if kept is Keep.BODY:
                raise PolicyError(
                    f'{place}: key keep: of what we were refused no body is kept; write "headers" or "nothing"'
                )
    names = [rule.name for rule in policy.rules]
    if policy.needed and "unanswered" not in names:
        raise PolicyError(f"{where}: key channels.needed: no rule asks for it; add a [[rule]] unanswered")
    if "unanswered" in names and not policy.needed:
        raise PolicyError(f"{where}: key channels.needed: the rule unanswered asks for it; add it")


def _profile(name: str) -> str:
    return files("licences.policy").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")

"""TDM policies: on which conditions a publisher lets its reserved works be mined (ODRL 2.2, profile of TDMRep).

A policy is read as plain JSON; the contexts it names are never fetched.  What is not understood is a condition too:
that a person reads the policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from licences.observation import Observation, encodable
from licences.vocabulary import Condition, ConditionType, Kind, LegalEffect, Verdict

LIMIT = 1024 * 1024  # bytes
_MOST = 20  # permissions of a policy, duties and constraints of a permission
_TEXT = 500  # characters of a value
_CHANNELS = frozenset(
    {Kind.TDMREP_FILE, Kind.TDMREP_HEADER, Kind.TDMREP_META, Kind.TDMREP_EPUB, Kind.TDMREP_PDF}
)
_DUTIES = {"obtainconsent": ConditionType.OBTAIN_CONSENT, "compensate": ConditionType.PAYMENT}
_PURPOSES = {"research": "research", "non-research": "non-research"}


def read_policy(body: bytes, url: str) -> tuple[Condition, ...] | None:
    """Return the conditions on which a policy permits mining; None when it permits none, or cannot be read.

    Several permissions add up: which of them we would take is for a person to say.  Never raises.

    Args:
        body: of the policy; a page for people is no policy that can be read.
        url: of the policy: every condition points to it.
    """
    try:
        policy = json.loads(body[:LIMIT].decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(policy, dict) or _many(policy.get("prohibition")):
        return None
    permissions = [one for one in _many(policy.get("permission")) if _names(one, "action") == {"mine"}]
    if not permissions:
        return None
    contact = _contact(policy.get("assigner"))
    asked = [condition for one in permissions for condition in _conditions(one, contact, url)]
    return tuple(dict.fromkeys(asked)) or (Condition(type=ConditionType.SEE_TEXT, url=url),)


def with_policies(
    observations: Iterable[Observation], policies: Mapping[str, tuple[Condition, ...]]
) -> tuple[Observation, ...]:
    """Return observations in which a reservation whose policy is known is conditional on it.

    Args:
        observations: of one document.
        policies: by URL, as `read_policy` read them; a reservation that names another one stays a denial.
    """
    return tuple(_with_policy(one, policies) for one in observations)


def policies_named(observations: Iterable[Observation]) -> tuple[str, ...]:
    """Return the URLs of the policies that reservations name, in order, without repeats."""
    return tuple(dict.fromkeys(url for one in observations if (url := _policy_of(one)) is not None))


def _with_policy(one: Observation, policies: Mapping[str, tuple[Condition, ...]]) -> Observation:
    url = _policy_of(one)
    conditions = policies.get(url) if url is not None else None
    if not conditions or one.statement.lenient:
        return one
    return replace(one, statement=replace(one.statement, verdict=Verdict.CONDITIONAL, conditions=conditions))


def _policy_of(one: Observation) -> str | None:
    said = one.statement
    reserves = said.verdict is Verdict.DENY and said.legal_effect is LegalEffect.RESERVATION
    if said.kind not in _CHANNELS or not reserves:
        return None
    return next((asked.url for asked in said.conditions if asked.type is ConditionType.SEE_TEXT), None)


def _conditions(permission: Any, contact: str | None, url: str) -> Iterator[Condition]:
    for duty in _many(permission.get("duty")):
        for action in sorted(_names(duty, "action")) or [""]:
            asked = _DUTIES.get(action.lower())
            value = contact if asked is ConditionType.OBTAIN_CONSENT else None
            if asked is None or _many(
                _get(duty, "constraint")
            ):  # an amount, a deadline: for a person to read
                yield Condition(type=ConditionType.SEE_TEXT, value=f"duty: {action}", url=url)
            if asked is not None:
                yield Condition(type=asked, value=value, url=url)
    for constraint in _many(permission.get("constraint")):
        left, operator, right = (
            _names(constraint, name) for name in ("leftOperand", "operator", "rightOperand")
        )
        purposes = [_PURPOSES[name] for name in sorted(right) if name in _PURPOSES]
        if left == {"purpose"} and operator == {"eq"} and len(purposes) == len(right) == 1:
            yield Condition(type=ConditionType.PURPOSE, value=purposes[0], url=url)
        else:
            words = " ".join(word for part in (left, operator, right) for word in sorted(part))
            yield Condition(type=ConditionType.SEE_TEXT, value=f"constraint: {words}"[:_TEXT], url=url)


def _contact(assigner: Any) -> str | None:
    """Return how the publisher is reached: by mail, else by its page, else its name."""
    for name in ("hasEmail", "hasURL", "fn"):
        for party in _many(assigner):
            for key, value in party.items() if isinstance(party, dict) else ():
                if _local(key) == name and (found := _text(value)):
                    return found.removeprefix("mailto:")
    return None


def _names(holder: Any, key: str) -> set[str]:
    """Return the local names that a property's values have: ``tdm:mine`` and the whole IRI are one."""
    return {_local(text) for value in _many(_get(holder, key)) if (text := _text(value))}


def _get(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else None


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("@value")
    return encodable(value.strip()[:_TEXT]) if isinstance(value, str) else ""


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value[:_MOST] if isinstance(value, list) else [value]


def _local(name: str) -> str:
    return name.rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]

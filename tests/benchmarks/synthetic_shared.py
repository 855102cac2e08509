"""The rows that captures lean on, as the recorder would have written them: sites, admissions, permissions, files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from synthetic_captures import RULES, SECOND, Keys, Row, VisitPlan, origin_key, permission_key
from synthetic_hosts import RESERVED, Host

from licences.policy import Policy, decide
from licences.vocabulary import Usage
from provenance.models import hash_of_url
from provenance.records import capture_id

CHANGED = 50  # every fiftieth host has changed a file of its own since its pages were fetched
REVOKED, EXPIRED = (40, 400, 1_400), (60, 600, 1_600)  # sites out of force, by rank
DAY = 86_400 * SECOND
Table = tuple[str, str, Iterable[Row]]  # name, columns, rows


def shared_rows(
    sites: Sequence[Host], visits: Sequence[VisitPlan], keys: Keys, policy: Policy, usage: Usage
) -> Iterator[Table]:
    """Yield tables with their columns and rows, in the order that foreign keys ask for."""
    first = {plan.host.number: plan for plan in visits if plan.run == 0}
    last = {plan.host.number: plan for plan in visits}
    yield "site", "id name", ((host.number, host.site) for host in sites)
    yield "lease", "site_id epoch", ((host.number, last[host.number].run + 1) for host in sites)
    yield "visit", "id run_id site_id epoch opened_at ended_at reason recorded_at", map(_visit, visits)
    yield (
        "source",
        "run_id site_id digest start include admitted_by basis recorded_at",
        map(_admission, visits),
    )
    yield (
        "source_entry",
        "name site_id mode action by basis reason categories conditions valid_from valid_until run_id recorded_at",
        _register(sites, first),
    )
    origins = ((origin_key(host, place), url) for host in sites for place, url in enumerate(host.origins))
    yield "origin", "id url", origins
    yield (
        "permission",
        "id digest origin_id granted rule line_number line_text robots_state robots_capture_id",
        (row for host in sites for row in _permissions(host, first[host.number])),
    )
    yield (
        "rights_set",
        "id digest canonical licences",
        ((key, one.digest, one.canonical, json.dumps(one.licences)) for one, key in keys.rights.items()),
    )
    yield (
        "decision",
        "rights_set_id policy_id usage outcome rule reasons conditions conflicts enforces recorded_at",
        _decisions(keys, policy, usage, visits[0].opened),
    )
    bodies = {body.encode() for host in sites for body in _bodies(host)}
    yield (
        "site_document_body",
        "digest body length",
        ((hashlib.sha256(body).digest(), body, len(body)) for body in sorted(bodies)),
    )
    yield (
        "site_document",
        "origin_id name url retrieval digest capture_id first_seen last_seen recorded_at",
        (row for host in sites for row in _files(host, first, last)),
    )
    yield (
        "host_load",
        "visit_id host hour requests received max_in_flight min_gap median_gap too_many server_errors pauses",
        map(_load, visits),
    )


def refusals(plan: VisitPlan) -> Iterator[Row]:
    """Yield one for every hundred captures of a visit, see `REFUSAL_COLUMNS`."""
    origin = origin_key(plan.host, 0)
    words = (
        ("robots.disallow", "robots.txt forbids it", "Disallow: /private/"),
        ("scope", "outside the job's scope", "include"),
    )
    for number in range(plan.captures // 100):
        path = f"/private/page-{number:06}.html"
        at = plan.opened + number * 100 * plan.gap
        rule, reason, evidence = words[number % 4 == 0]
        permission = permission_key(origin, RULES - 1) if number % 4 else None
        url = hash_of_url(f"{plan.host.origins[0]}{path}")
        yield plan.id, origin, permission, url, at, rule, path, reason, evidence, at + 60 * SECOND


REFUSAL_COLUMNS = "visit_id origin_id permission_id url_hash at rule path reason evidence recorded_at"


def _visit(plan: VisitPlan) -> Row:
    opened = plan.opened
    return plan.id, plan.run + 1, plan.host.number, plan.run + 1, opened, plan.ended, "finished", opened


def _admission(plan: VisitPlan) -> Row:
    start = json.dumps([f"{plan.host.origins[0]}/"])
    digest = hashlib.sha256(start.encode()).digest()
    return plan.run + 1, plan.host.number, digest, start, start, "J. Doe", "published pages", plan.opened


def _load(plan: VisitPlan) -> Row:
    host, received = f"www.{plan.host.site}", plan.captures * 40_000
    return plan.id, host, plan.opened, plan.captures, received, 1, 1.0, 1.0, 0, 0, "[]"


def _register(sites: Sequence[Host], first: Mapping[int, VisitPlan]) -> Iterator[Row]:
    """One entry a site, with its first run; of a few, the end of it."""
    none = json.dumps([])
    for host in sites:
        opened = first[host.number].opened
        until = opened + 300 * DAY if host.number in EXPIRED else None
        admitted = (host.site, host.number, "crawled", "admitted", "J. Doe", "published pages", None)
        yield *admitted, none, none, opened, until, 1, opened
    for host in sites:
        if host.number in REVOKED:
            moment = first[host.number].opened + 280 * DAY
            revoked = (host.site, host.number, "crawled", "revoked", "J. Doe", None, "its owner asked for it")
            yield *revoked, none, none, moment, None, None, moment


def _permissions(host: Host, first: VisitPlan) -> Iterator[Row]:
    """Two that grant and one that refuses, an origin."""
    stated = (
        (True, "robots.no-rule", None, None),
        (True, "robots.allow", 3, "Allow: /"),
        (False, "robots.disallow", 2, "Disallow: /private/"),
    )
    for place in (0, 1):
        origin = origin_key(host, place)
        for rule, answer in enumerate(stated):
            digest = hashlib.sha256(f"permission {origin} {rule}".encode()).digest()
            yield (
                permission_key(origin, rule),
                digest,
                origin,
                *answer,
                "available",
                capture_id(first.id, 0),
            )


def _decisions(keys: Keys, policy: Policy, usage: Usage, moment: int) -> Iterator[Row]:
    """What the runs' policy made of each set."""
    for stated, key in keys.rights.items():
        made = decide(stated, usage, policy)
        parts: tuple[list[object], ...] = (
            [reason.to_json() for reason in made.reasons],
            [condition.to_json() for condition in made.conditions],
            list(made.conflicts),
            list(made.enforces),
        )
        yield key, 1, usage.value, made.outcome.value, made.rule, *map(json.dumps, parts), moment


def _bodies(host: Host) -> list[str]:
    return [body for body in (host.robots, host.tdmrep, RESERVED, _closed(host)) if body is not None]


def _closed(host: Host) -> str:
    """Return a robots.txt that a host may have later: AI crawlers are turned away."""
    return f"{host.robots}\nUser-agent: GPTBot\nDisallow: /\n"


def _files(host: Host, first: Mapping[int, VisitPlan], last: Mapping[int, VisitPlan]) -> Iterator[Row]:
    """Every version of a host's files: of every fiftieth one, robots.txt or tdmrep.json by turns has changed."""
    begun, ended = first[host.number], last[host.number]
    by_robots = host.number % (2 * CHANGED) == 0
    by_tdmrep = host.number % CHANGED == 0 and not by_robots and host.tdmrep != RESERVED
    tdmrep_state = host.tdmrep_retrieval.value
    files = (
        ("robots.txt", "/robots.txt", "ok", host.robots, _closed(host) if by_robots else None),
        (
            "tdmrep.json",
            "/.well-known/tdmrep.json",
            tdmrep_state,
            host.tdmrep,
            RESERVED if by_tdmrep else None,
        ),
        ("ai.txt", "/ai.txt", "absent", None, None),
        ("trust.txt", "/trust.txt", "absent", None, None),
    )
    for place, url in enumerate(host.origins):
        origin = origin_key(host, place)
        for name, path, state, body, changed in files:
            looked = (capture_id(begun.id, 0), begun.opened, ended.opened, begun.opened + SECOND)
            yield origin, name, f"{url}{path}", state, _digest(body), *looked
            if changed is not None:
                looked = (capture_id(ended.id, 0), ended.ended, ended.ended, ended.ended + SECOND)
                yield origin, name, f"{url}{path}", "ok", _digest(changed), *looked


def _digest(body: str | None) -> bytes | None:
    return None if body is None else hashlib.sha256(body.encode()).digest()

"""What erasing says to people: what would go, and what went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.filesize import decimal

from crawler.archive.erasing import Erased
from provenance.erasures import Plan, ScopeKind
from provenance.manifest.recall import Held
from provenance.rendering import visible


def plan_in_words(plan: Plan) -> Iterator[str]:
    """Yield what erasing a scope would touch, a line each."""
    yield _line("scope", str(plan.scope))
    sites = f", on {', '.join(plan.sites)}" if plan.sites else ""
    yield _line("documents", f"{plan.documents}, with redirects and errors {plan.captures} exchanges{sites}")
    yield _line(
        "segments",
        f"{plan.segments - plan.whole_segments} rewritten, {plan.whole_segments} deleted: nothing else is in them",
    )
    yield _line("bytes", f"{decimal(plan.bytes)} of records, compressed")
    if plan.spooled:
        yield _line("spool", f"{len(plan.spooled)} of the segments are not in the store yet")
    if plan.pointing_in:
        yield _line("re-homed", f"{plan.pointing_in} documents outside share their body: they keep it")
    for hold in plan.holds:
        yield _line("held", str(hold))
    if plan.holds:
        yield _line("so", "nothing is erased while a legal hold stands")
    elif plan.scope.kind is ScopeKind.DIGEST:
        yield _line("from now on", "the addresses it was found at are not fetched again")
    elif plan.scope.kind is not ScopeKind.RETENTION:
        yield _line("from now on", "nothing of it is fetched again")


def erased_in_words(erased: Erased) -> str:
    """Return what an erasure did."""
    erasure = erased.erasure
    if erasure is None:
        return "\n".join(plan_in_words(erased.plan))
    if erased.waits_for is not None:
        return visible(
            f"erasure {erasure.id}: {erasure.captures} exchanges hidden from every answer; {erased.waits_for}"
        )
    done = [f"{erased.rewritten} segments rewritten", f"{erased.dropped} deleted"]
    if erased.rehomed or erased.corrected:
        done.append(f"{erased.rehomed} shared bodies re-homed")
    return (
        f"erasure {erasure.id}: {erasure.captures} exchanges erased, {', '.join(done)}\n"
        f"certificate: aboveboard erasure certificate {erasure.id}"
    )


def recalled_in_words(called_back: Iterable[Held]) -> Iterator[str]:
    """Yield which manifests held what was erased, a line each: whoever has them is told by the feed."""
    for held in called_back:
        holder = held.holder or "nobody in particular"
        yield visible(f"called back: {held.rows} rows of manifest {held.manifest[:16]}, held by {holder}")


def _line(name: str, words: str) -> str:
    return visible(f"{name:<13} {words}")

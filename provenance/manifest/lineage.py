"""The manifest's lineage as W3C PROV-JSON: what was made of what, by which activity, on whose behalf (R-LINEAGE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provenance.manifest.facts import Facts
from provenance.manifest.sealing import canonical
from provenance.manifest.writing import Sealing

_NAMESPACES: Final = {"ab": "urn:aboveboard:terms:", "x": "urn:aboveboard:"}
_MANIFEST, _SELECTION, _POLICY = "x:manifest", "x:selection", "x:policy"
_DECISION, _EXPORT = "x:decision", "x:export"


def lineage(facts: Facts, name: str, sealing: Sealing, sha256: str) -> Mapping[str, Any]:
    """Return the PROV-JSON document.

    Args:
        facts: what is told.
        name: of the manifest's file, without a folder.
        sealing: its seal.
        sha256: of the file, hex.
    """
    document = _Document()
    header = facts.header
    document.entity(
        _MANIFEST,
        "Collection",
        {
            "prov:label": name,
            "ab:seal": f"sha256:{sealing.seal}",
            "ab:rows_digest": sealing.rows_digest,
            "ab:file_digest": f"sha256:{sha256}",
            "ab:rows": facts.counts.rows,
            "ab:as_of": header["as_of"],
        },
    )
    document.entity(
        _SELECTION, "Collection", {"prov:label": "the decision on each document", **_counted(header)}
    )
    document.entity(
        _POLICY, "Plan", {"prov:label": header["policy"]["name"], "ab:digest": header["policy"]["digest"]}
    )
    software = document.agent(header["software"], "SoftwareAgent")
    document.activity(
        _DECISION, f"decide each document for {header['usage']}", {"ab:query": canonical(header["query"])}
    )
    document.activity(_EXPORT, "write the manifest", {})
    for activity in (_DECISION, _EXPORT):
        document.relate("wasAssociatedWith", activity=activity, agent=software, plan=_POLICY)
    document.relate("used", activity=_DECISION, entity=_POLICY)
    document.relate("wasGeneratedBy", entity=_SELECTION, activity=_DECISION)
    document.relate("used", activity=_EXPORT, entity=_SELECTION)
    document.relate("wasGeneratedBy", entity=_MANIFEST, activity=_EXPORT)
    document.relate("wasDerivedFrom", generatedEntity=_MANIFEST, usedEntity=_SELECTION)
    for run, documents in facts.runs:
        _run(document, run, documents)
    for entry in facts.entries:
        key = f"x:source-{entry.id}"
        document.entity(
            key,
            "Entity",
            {
                "prov:label": entry.label,
                "ab:admitted_by": entry.by,
                "ab:basis": entry.basis or "not recorded",
            },
        )
        document.relate("used", activity=_DECISION, entity=key)
    return document.told


def _counted(header: Mapping[str, Any]) -> Mapping[str, Any]:
    counts = header["counts"]
    excluded = {f"ab:excluded_{reason}": count for reason, count in counts["excluded"].items()}
    return {"ab:considered": counts["considered"], **excluded}


def _run(document: _Document, run: Any, documents: int) -> None:
    captures, activity = f"x:captures-of-run-{run.id}", f"x:run-{run.id}"
    document.entity(
        captures, "Collection", {"prov:label": f"captures of run {run.id}", "ab:documents": documents}
    )
    begun = run.started_at.isoformat().replace("+00:00", "Z")
    document.activity(
        activity,
        f"crawl {run.job_name}",
        {
            "prov:startTime": begun,
            "ab:purpose": run.purpose,
            "ab:job_digest": f"sha256:{run.job_digest.hex()}",
            "ab:settings_digest": f"sha256:{run.settings_digest.hex()}",
            "ab:policy_digest": f"sha256:{run.policy_digest.hex()}",
            "ab:product_token": run.product_token,
        },
    )
    software = document.agent(run.software, "SoftwareAgent")
    operator = document.agent(f"{run.operator} <{run.contact}>", "Organization")
    document.relate("wasAssociatedWith", activity=activity, agent=software)
    document.relate("actedOnBehalfOf", delegate=software, responsible=operator, activity=activity)
    document.relate("wasGeneratedBy", entity=captures, activity=activity)
    document.relate("wasAttributedTo", entity=captures, agent=operator)
    document.relate("used", activity=_DECISION, entity=captures)
    document.relate("wasDerivedFrom", generatedEntity=_SELECTION, usedEntity=captures)


class _Document:
    """A PROV-JSON document; relations are numbered in the order they were made."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {"prefix": dict(_NAMESPACES)}
        self._agents: dict[str, str] = {}

    def entity(self, key: str, kind: str, facts: Mapping[str, Any]) -> None:
        """Add an entity."""
        typed = {} if kind == "Entity" else {"prov:type": _named(kind)}
        self.told.setdefault("entity", {})[key] = {**facts, **typed}

    def activity(self, key: str, label: str, facts: Mapping[str, Any]) -> None:
        """Add an activity."""
        self.told.setdefault("activity", {})[key] = {"prov:label": label, **facts}

    def agent(self, label: str, kind: str) -> str:
        """Add an agent, once for its name; return its key."""
        if label not in self._agents:
            key = self._agents[label] = f"x:agent-{len(self._agents) + 1}"
            self.told.setdefault("agent", {})[key] = {"prov:label": label, "prov:type": _named(kind)}
        return self._agents[label]

    def relate(self, relation: str, **ends: str) -> None:
        """Add a relation between what was added."""
        known = self.told.setdefault(relation, {})
        known[f"_:{relation}{len(known) + 1}"] = {f"prov:{end}": key for end, key in ends.items()}


def _named(kind: str) -> Mapping[str, str]:
    return {"$": f"prov:{kind}", "type": "prov:QUALIFIED_NAME"}

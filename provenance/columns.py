"""Which columns a person sees of each kind of row; programs get every field."""

from __future__ import annotations

from provenance.rendering import Column

CAPTURES = (
    Column(name="url", title="URL", stretches=True),
    Column(name="fetched_at", title="Fetched, UTC"),
    Column(name="status", title="Status", numeric=True),
    Column(name="media_type", title="Type"),
    Column(name="length", title="Bytes", numeric=True),
    Column(name="licences", title="Licences"),
    Column(name="outcome", title="Outcome"),
    Column(name="run", title="Run", numeric=True),
)
REFUSALS = (
    Column(name="url", title="URL", stretches=True),
    Column(name="rule", title="Rule"),
    Column(name="reason", title="Reason", stretches=True),
    Column(name="evidence", title="Evidence"),
    Column(name="run", title="Run", numeric=True),
)
SITES = (
    Column(name="site", title="Site"),
    Column(name="captures", title="Documents", numeric=True),
    Column(name="bytes", title="Bytes", numeric=True),
    Column(name="refusals", title="Not taken", numeric=True),
    Column(name="needs_review", title="Need a person", numeric=True),
    Column(name="runs", title="Runs", numeric=True),
    Column(name="last_run", title="Last run", numeric=True),
    Column(name="last_visit", title="Last visit, UTC"),
)
RUNS = (
    Column(name="id", title="Run", numeric=True),
    Column(name="job", title="Job"),
    Column(name="state", title="State", stretches=True),
    Column(name="purpose", title="Purpose"),
    Column(name="policy", title="Policy"),
    Column(name="sites", title="Sites", numeric=True),
    Column(name="documents", title="Documents", numeric=True),
    Column(name="refusals", title="Not taken", numeric=True),
    Column(name="bytes", title="Bytes", numeric=True),
    Column(name="started_at", title="Began, UTC"),
    Column(name="exit_code", title="Exit", numeric=True),
)

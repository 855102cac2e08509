"""Which columns a person sees of each kind of row; programs get every field."""

from __future__ import annotations

from provenance.rendering import Column

CAPTURES = (
    Column(name="url", title="URL"),
    Column(name="fetched_at", title="Fetched, UTC", needs_room=True),
    Column(name="status", title="Status", is_numeric=True),
    Column(name="media_type", title="Type", needs_room=True),
    Column(name="length", title="Bytes", is_numeric=True),
    Column(name="licences", title="Licences"),
    Column(name="outcome", title="Outcome"),
    Column(name="rule", title="By rule", needs_room=True),
    Column(name="run", title="Run", is_numeric=True, needs_room=True),
)
REFUSALS = (
    Column(name="url", title="URL"),
    Column(name="rule", title="Rule"),
    Column(name="reason", title="Reason", needs_room=True),
    Column(name="evidence", title="Evidence"),
    Column(name="run", title="Run", is_numeric=True, needs_room=True),
)
SITES = (
    Column(name="site", title="Site"),
    Column(name="captures", title="Documents", is_numeric=True),
    Column(name="bytes", title="Bytes", is_numeric=True),
    Column(name="refusals", title="Not taken", is_numeric=True),
    Column(name="needs_review", title="Need a person", is_numeric=True),
    Column(name="runs", title="Runs", is_numeric=True, needs_room=True),
    Column(name="last_run", title="Last run", is_numeric=True, needs_room=True),
    Column(name="last_visit", title="Last visit, UTC"),
)
COUNTS = (
    Column(name="outcome", title="Outcome"),
    Column(name="licence", title="Licence"),
    Column(name="site", title="Site"),
    Column(name="run", title="Run", is_numeric=True),
    Column(name="documents", title="Documents", is_numeric=True),
    Column(name="bytes", title="Bytes", is_numeric=True),
)
RUNS = (
    Column(name="id", title="Run", is_numeric=True),
    Column(name="job", title="Job"),
    Column(name="state", title="State"),
    Column(name="purpose", title="Purpose", needs_room=True),
    Column(name="policy", title="Policy", needs_room=True),
    Column(name="sites", title="Sites", is_numeric=True, needs_room=True),
    Column(name="documents", title="Documents", is_numeric=True),
    Column(name="refusals", title="Not taken", is_numeric=True),
    Column(name="bytes", title="Bytes", is_numeric=True, needs_room=True),
    Column(name="started_at", title="Began, UTC"),
    Column(name="exit_code", title="Exit", is_numeric=True),
)
HOSTS = (
    Column(name="host", title="Host"),
    Column(name="state", title="State"),
    Column(name="gap", title="Gap, s", is_numeric=True),
    Column(name="last_end", title="Last answer, UTC", needs_room=True),
    Column(name="last_answer", title="It was", needs_room=True),
    Column(name="not_before", title="Not before, UTC"),
    Column(name="requests_today", title="Requests today", is_numeric=True, needs_room=True),
    Column(name="received_today", title="Bytes today", is_numeric=True, needs_room=True),
    Column(name="breaker", title="Breaker", needs_room=True),
    Column(name="reason", title="Reason"),
    Column(name="by", title="By"),
)
HOST_CHANGES = (
    Column(name="at", title="At, UTC"),
    Column(name="host", title="Host"),
    Column(name="action", title="Was"),
    Column(name="by", title="By"),
    Column(name="reason", title="Reason"),
    Column(name="until", title="Until, UTC", needs_room=True),
)

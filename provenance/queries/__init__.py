"""Questions to the provenance database: functions that return a typed select, or a small answer.

Run a select with `stream` (row by row, however many) or `all_rows` (few).
"""

from __future__ import annotations

from provenance.queries.capture_filter import CaptureFilter
from provenance.queries.capture_rows import CaptureRow, captures
from provenance.queries.counts import CountBy, CountRow, counts, recorded_counts, set_counts
from provenance.queries.decided import Question, decided, decided_captures
from provenance.queries.explain import receipt
from provenance.queries.licences_stated import covered_by, licences_stated
from provenance.queries.receipts import Receipt
from provenance.queries.refusal_rows import RefusalFilter, RefusalRow, refusals
from provenance.queries.rows import all_rows, stream
from provenance.queries.run_rows import RunRow, runs
from provenance.queries.site_rows import SiteRow, site_names, sites

__all__ = [
    "CaptureFilter",
    "CaptureRow",
    "CountBy",
    "CountRow",
    "Question",
    "Receipt",
    "RefusalFilter",
    "RefusalRow",
    "RunRow",
    "SiteRow",
    "all_rows",
    "captures",
    "counts",
    "covered_by",
    "decided",
    "decided_captures",
    "licences_stated",
    "receipt",
    "recorded_counts",
    "refusals",
    "runs",
    "set_counts",
    "site_names",
    "sites",
    "stream",
]

"""Reports: the dossier of a site as HTML, JSON and CSV, and the summary of a run."""

from __future__ import annotations

from provenance.reports.compiling import UnknownSiteError, compile_dossier
from provenance.reports.dossier import Dossier
from provenance.reports.run_summary import RunSummary, SiteSummary, summary
from provenance.reports.writing import write_html

__all__ = [
    "Dossier",
    "RunSummary",
    "SiteSummary",
    "UnknownSiteError",
    "compile_dossier",
    "summary",
    "write_html",
]

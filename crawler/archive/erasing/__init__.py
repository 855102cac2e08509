"""Erasing: exchanges go from every question at once, and from store, spool and database after."""

from __future__ import annotations

from crawler.archive.erasing.engine import Elsewhere
from crawler.archive.erasing.erase import Erased, Resumed, erase, resume_erasures
from crawler.archive.erasing.proof import Proof, TracesLeft
from crawler.archive.erasing.sites import SitesBusy

__all__ = ["Elsewhere", "Erased", "Proof", "Resumed", "SitesBusy", "TracesLeft", "erase", "resume_erasures"]

"""decide → archive: what happens to every exchange after the spider took its links."""

from __future__ import annotations

from crawler.pipelines.archive import ArchivePipeline
from crawler.pipelines.rights import RightsPipeline

__all__ = ["ArchivePipeline", "RightsPipeline"]

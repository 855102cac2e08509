"""Servers, commands and a way to send requests: those of the crawler's tests and of the acceptance tests."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("acceptance", "crawler"):
    sys.path.append(str(Path(__file__).parents[1] / folder))

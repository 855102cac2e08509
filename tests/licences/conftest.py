"""Laws are tried without a stopwatch: these tests run beside others, on machines of any speed."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "licences", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], max_examples=80
)
settings.load_profile("licences")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the golden corpus's table, if its test ran."""
    golden = sys.modules.get("golden_table")
    if golden is not None and golden.scores.cache_info().currsize:
        terminalreporter.section("golden corpus: what is stated, and what is read")
        for line in golden.table():
            terminalreporter.write_line(line)

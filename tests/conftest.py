"""What every test folder shares: real services as plugins; sockets open on loopback only, outside tests/licences."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["services.postgresql", "services.replay", "services.s3"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Look for doctests everywhere but in the folders' conftest modules, which share one name."""
    return True if collection_path.name == "conftest.py" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Open loopback, and only loopback, to everything but the pure package's tests; leave ``faults`` to who asks."""
    if "faults" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("faults") is not None]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.get_closest_marker("faults") is None]
    for item in items:
        if "tests/licences/" not in item.nodeid and "licences/" not in item.nodeid.split("tests/")[0]:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.0/8"]))

"""The one place that knows which release this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("aboveboard")
except PackageNotFoundError:  # a checkout that was never installed
    VERSION = "0.1.0"

SOFTWARE = f"aboveboard/{VERSION}"

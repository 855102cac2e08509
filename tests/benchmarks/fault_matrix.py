"""The whole fault matrix: every fault, on both stores and both databases, printed as a table.

Takes ten to twenty minutes; the exit code is pytest's.

Usage: python tests/benchmarks/fault_matrix.py [WHAT-PYTEST-TAKES…]     (for example: -k "power cut")
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Let pytest play every cell; its summary is the table."""
    folders = ["tests/acceptance/faults", "tests/crawler_erasing/test_dying_while_erasing.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "faults or not faults", *folders]
    return subprocess.run([*command, *arguments], cwd=REPOSITORY, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

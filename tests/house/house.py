"""The house as its tests see it: where it stands and what is in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("licences", "provenance", "crawler")
FOLDERS = (*PACKAGES, "migrations", "tests", "deploy", ".ci")


def modules(*folders: str) -> Iterator[Path]:
    """Yield the Python files of some top-level folders; vendored ones are not ours."""
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "vendor" not in path.parts)


def texts() -> Iterator[Path]:
    """Yield every text file of ours: what a reader of the repository can read."""
    kinds = {
        ".py",
        ".toml",
        ".md",
        ".html",
        ".xhtml",
        ".txt",
        ".xml",
        ".yaml",
        ".yml",
        ".cfg",
        ".service",
        ".timer",
        ".example",
        ".j2",
        ".css",
        ".svg",
    }
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if (
                path.is_file()
                and (path.suffix in kinds or path.name == "Dockerfile")
                and "vendor" not in path.parts
            ):
                yield path
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in kinds)


def name(path: Path) -> str:
    """Return a path as the repository says it: ``crawler/urls.py``."""
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_bytes(), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute module names that a file imports, anywhere in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module

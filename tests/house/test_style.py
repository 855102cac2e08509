"""How our code reads, as far as a machine can tell."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import FOLDERS, PACKAGES, ROOT, modules, name, texts, tree

LONGEST = 300  # lines of a module: beyond it there are two ideas in it
NAMELESS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"})
DIRECTIVE = re.compile(r"#\s*(noqa(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w,\s-]+\])?)")
VERDICT = re.compile(
    r"\b(?:is|are|was|were|be|it's)\s+(?:not\s+)?(?:il|un)?(?:legal|licensed|licenced|safe)\b", re.IGNORECASE
)
MACHINE = re.compile(r"(?<![\w}.$])/(?:work|root|home/\w+)[/]|/tmp/w[/]|\.\./shared[/]")


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, text) of a module's comments."""
    with path.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, value) of a module's string literals, docstrings aside."""
    module = tree(path)
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def unreasoned(comment: str) -> bool:
    """Return whether a comment switches a check off and does not say why.

    >>> unreasoned("# noqa: S101"), unreasoned("# noqa: S101  # Scrapy asks for it"), unreasoned("# why")
    (True, False, False)
    """
    return bool(DIRECTIVE.search(comment)) and not re.search(r"\w{2,}", DIRECTIVE.sub("", comment))


def test_modules_have_one_idea_and_a_name() -> None:
    """A migration is as long as its tables are many: it is written once and never edited."""
    files = list(modules(*PACKAGES))
    assert [
        (name(path), lines) for path in files if (lines := len(path.read_bytes().splitlines())) > LONGEST
    ] == []
    assert [name(path) for path in files if {path.stem, path.parent.name} & NAMELESS] == []


def test_no_two_test_modules_share_a_name() -> None:
    """Test folders are no packages: pytest takes the second module of a name for the first."""
    names = [
        path.name
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in {"conftest.py", "__init__.py"}
    ]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_every_switched_off_check_says_why() -> None:
    """Every noqa and every ignore carries its reason on the line, and names what it switches off."""
    found = [(name(path), line, text) for path in modules(*FOLDERS) for line, text in comments(path)]
    assert [where for where in found if unreasoned(where[2])] == []
    assert [where for where in found if re.search(r"#\s*(noqa(?!:)|type:\s*ignore(?!\[))", where[2])] == []


def test_every_rule_that_ruff_leaves_out_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = re.search(r"^ignore = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert ignored
    assert [line for line in ignored[1].splitlines() if "#" not in line] == []


def test_no_output_gives_a_verdict_that_is_not_ours() -> None:
    """We say what was stated, what a policy makes of it, what a person concluded; not «legal», «licensed» or «safe»."""
    said = [(name(path), line, text) for path in modules(*PACKAGES) for line, text in strings(path)]
    assert [where for where in said if VERDICT.search(where[2])] == []
    templates = [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*"))
        if path.suffix in {".html", ".j2", ".css"}
    ]
    assert [
        name(path)
        for path in templates
        if "demo" not in path.parts and VERDICT.search(path.read_text(encoding="utf-8"))
    ] == []


def test_the_project_stands_alone() -> None:
    """No path of somebody's machine, no document that a reader does not have."""
    lines = [
        (name(path), number, line)
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert [where for where in lines if MACHINE.search(where[2])] == []


@pytest.mark.parametrize(
    ("package", "root"),
    [("licences", "LicenceError"), ("provenance", "ProvenanceError"), ("crawler", "CrawlerError")],
)
def test_a_package_has_one_root_exception(package: str, root: str) -> None:
    """In errors.py; whoever catches it has caught them all."""
    roots = [
        (name(path), node.name)
        for path in modules(package)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(base, ast.Name) and base.id in {"Exception", "BaseException"} for base in node.bases
        )
    ]
    assert roots == [(f"{package}/errors.py", root)]

"""Every rule by which something is not taken has its words, in one list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import crawler
from provenance.refusals import REFUSAL_RULES

FAMILIES = ("robots.", "site.", "redirect.", "seal.", "limit.")
GRANTS = {"robots.allow", "robots.no-rule", "robots.absent", "robots.itself", "robots.txt"}


def rules_in_code() -> Iterator[str]:
    """Yield what looks like the name of a refusal's rule anywhere in the crawler."""
    for path in Path(crawler.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if text.startswith(FAMILIES) and not set(text) & set(" /") and text not in FAMILIES:
                    yield text


def test_every_rule_in_the_code_is_told_in_words() -> None:
    """A person who reads a refusal need not know our names for it."""
    named = set(rules_in_code()) - GRANTS - {"site.http-"}
    assert "robots.disallow" in named
    assert sorted(named - REFUSAL_RULES.keys()) == []


def test_the_words_give_no_verdict_and_are_a_phrase() -> None:
    """They go on from «not taken:»."""
    assert [
        words for words in REFUSAL_RULES.values() if not words or words[0].isupper() or words.endswith(".")
    ] == []

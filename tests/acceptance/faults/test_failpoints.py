"""A failpoint stands at every arrow, and nobody but code in the same process can arm one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_site import LoopbackSite, tree
from outside import REPOSITORY, Workplace, job

from crawler.archive import failpoints

OURS = [path for name in ("crawler", "provenance", "licences") for path in (REPOSITORY / name).rglob("*.py")]


def _calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def test_every_arrow_has_its_failpoint_and_every_failpoint_its_name() -> None:
    reached = {ast.literal_eval(call.args[0]) for path in OURS for call in _calls(path, "reach")}
    assert reached == failpoints.NAMES


def test_nothing_that_we_ship_arms_one() -> None:
    """They import `reach` from there, and nothing else; the module itself looks at nothing outside."""
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "crawler.archive.failpoints":
                assert [name.name for name in node.names] == ["reach"], path
            if isinstance(node, ast.ImportFrom) and node.module == "crawler.archive":
                assert "failpoints" not in {name.name for name in node.names}, path
    module = ast.parse(Path(failpoints.__file__).read_text(encoding="utf-8"))
    imports = {node.module for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}
    assert imports == {"__future__", "collections.abc", "contextlib", "typing"}
    assert not [node for node in ast.walk(module) if isinstance(node, ast.Import)]


def test_no_environment_setting_or_job_file_arms_one(place: Workplace) -> None:
    """Whatever a person could try, the crawl goes through, or is refused before it begins."""
    names = sorted(failpoints.NAMES)
    place.environ |= {f"ABOVEBOARD_{name.upper().replace('.', '_')}": "kill" for name in names}
    place.environ |= {
        key: ",".join(names) for key in ("ABOVEBOARD_FAILPOINTS", "FAILPOINTS", "SCRAPY_FAILPOINTS")
    }
    with LoopbackSite(tree(3)) as site:
        place.run("crawl", place.write(job(site.url)))
        assert (
            "no key we know"
            in place.run(
                "crawl", place.write(job(site.url, job='failpoints = ["store.checked"]')), code=2
            ).err
        )
        place.run("crawl", "job.toml", "--failpoint", "store.checked", code=2)
    place.verify()


def test_a_failpoint_acts_only_while_it_is_armed() -> None:
    times: list[None] = []
    with failpoints.armed("store.checked", lambda: times.append(None)):
        failpoints.reach("store.checked")
        failpoints.reach("store.uploaded")
    failpoints.reach("store.checked")
    assert len(times) == 1


def test_a_name_that_no_arrow_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there are .*store\.checked"):
        failpoints.arm("store.chekced", list)

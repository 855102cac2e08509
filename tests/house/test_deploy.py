"""The deployment files say what they should, as far as linters and a close look can tell without building them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from house import PACKAGES, ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from yamllint import linter
from yamllint.config import YamlLintConfig

DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def need(program: str, found: str | None) -> str:
    """Return a program's path; without it skip, or fail where nothing may skip."""
    if found is None and os.environ.get("ABOVEBOARD_REQUIRE_SERVICES") == "1":
        pytest.fail(f"no {program}, and ABOVEBOARD_REQUIRE_SERVICES=1")
    return found or pytest.skip(f"no {program}")


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, argument), continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


# ---- versions


def pinned() -> dict[str, str]:
    """Return the constraints by canonical name."""
    lines = [
        line
        for line in (DEPLOY / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line[:1] != "#"
    ]
    return {
        canonicalize_name(package): version
        for package, _, version in (line.partition("==") for line in lines)
    }


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    """No paths, no indexes, no hashes of one machine's wheels."""
    lines = [
        line
        for line in (DEPLOY / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line[:1] != "#"
    ]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []


def test_constraints_fit_what_the_package_asks_for() -> None:
    extras = PROJECT["optional-dependencies"]
    asked = [Requirement(text) for text in (*PROJECT["dependencies"], *extras["test"], *extras["parquet"])]
    wanted = [one for one in asked if one.name != PROJECT["name"]]  # an extra of our own names its own
    versions = pinned()
    assert [str(r) for r in wanted if canonicalize_name(r.name) not in versions] == []
    assert [str(r) for r in wanted if not r.specifier.contains(versions[canonicalize_name(r.name)])] == []


# ---- image


def test_the_image_runs_as_nobody_in_particular_from_pinned_versions() -> None:
    found = instructions()
    bases = [rest.split()[0] for word, rest in found if word == "FROM"]
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", base) for base in bases)
    assert [word for word, _ in found][-2:] == ["ENTRYPOINT", "CMD"]
    users = [rest for word, rest in found if word == "USER"]
    assert users
    assert users[-1].partition(":")[0] not in {"", "0", "root"}
    assert any("--constraint deploy/constraints.txt" in rest for word, rest in found if word == "RUN")
    assert ("STOPSIGNAL", "SIGINT") in found
    assert not [rest for word, rest in found if word in {"ADD", "EXPOSE"}]


def test_the_build_sees_all_that_the_wheel_is_made_of_and_no_more() -> None:
    first, *others = [
        line
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    assert first == "*"
    kept = {line[1:] for line in others if line[0] == "!"}
    assert kept == {
        *PACKAGES,
        "migrations",
        "pyproject.toml",
        PROJECT["readme"],
        *PROJECT["license-files"],
        "deploy/constraints.txt",
    }


def test_hadolint_finds_nothing() -> None:
    beside = Path(sys.executable).with_name("hadolint")
    program = need("hadolint", str(beside) if beside.exists() else shutil.which("hadolint"))
    done = subprocess.run(
        [program, "--no-color", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


# ---- compose


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, read."""
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_compose_is_clean_yaml() -> None:
    rules = YamlLintConfig("{extends: default, rules: {line-length: {max: 120}, document-start: disable}}")
    with (DEPLOY / "compose.yaml").open(encoding="utf-8") as file:
        assert [str(problem) for problem in linter.run(file, rules)] == []


def test_compose_keys_are_those_of_the_specification(compose: dict[str, Any]) -> None:
    """A key that is spelt wrong is otherwise found out in production."""
    known = {
        "build", "cap_drop", "command", "configs", "depends_on", "environment", "healthcheck", "image", "init", "profiles",
        "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs", "volumes",
    }  # fmt: skip
    assert compose.keys() == {"name", "services", "configs", "volumes"}
    assert {key for service in compose["services"].values() for key in service} <= known


def test_compose_pins_images_and_knows_its_own_parts(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert all(re.fullmatch(r"[a-z/]+:\d[\w.-]*", service["image"]) for service in services.values())
    assert services["aboveboard"]["image"] == f"aboveboard:{PROJECT['version']}"
    assert services["aboveboard"]["depends_on"].keys() <= services.keys()
    assert all("healthcheck" in services[needed] for needed in services["aboveboard"]["depends_on"])
    named = {
        volume.partition(":")[0]
        for service in services.values()
        for volume in service["volumes"]
        if volume[0] != "."
    }
    assert named == compose["volumes"].keys()
    assert (
        DEPLOY / services["aboveboard"]["build"]["context"] / services["aboveboard"]["build"]["dockerfile"]
    ).is_file()


def test_compose_publishes_no_port_and_holds_no_secret(compose: dict[str, Any]) -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert "ports" not in text.replace("S3 port", "")
    for service in compose["services"].values():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", key):
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value)


def test_the_store_knows_the_crawler_by_the_same_key(compose: dict[str, Any]) -> None:
    """The identities are JSON once the variables are filled in."""
    text = re.sub(r"\$\{(\w+)\}", r"\1", compose["configs"]["s3-identities"]["content"])
    (identity,) = json.loads(text)["identities"]
    assert identity["credentials"] == [{"accessKey": "STORE_KEY", "secretKey": "STORE_SECRET"}]
    assert compose["services"]["aboveboard"]["environment"]["AWS_ACCESS_KEY_ID"].startswith("${STORE_KEY:?")


# ---- scheduled runs


def unit(file: str) -> dict[str, str]:
    """Return a unit's settings; the last one wins."""
    pairs = [
        line.partition("=")
        for line in (DEPLOY / file).read_text(encoding="utf-8").splitlines()
        if line[:1] not in {"#", "[", ""}
    ]
    return {key: value for key, _, value in pairs}


def test_systemd_finds_nothing(tmp_path: Path) -> None:
    """``systemd-analyze verify``, with a program that exists in place of ours."""
    program = need("systemd-analyze", shutil.which("systemd-analyze"))
    for file in ("aboveboard.service", "aboveboard.timer"):
        text = (DEPLOY / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(
            text.replace("/opt/aboveboard/bin/aboveboard", "/bin/true"), encoding="utf-8"
        )
        done = subprocess.run(
            [program, "verify", tmp_path / file], capture_output=True, text=True, check=False
        )
        assert [line for line in done.stderr.splitlines() if file in line] == []


def test_a_scheduled_run_ends_and_resumes_by_our_exit_codes() -> None:
    """4 is tried again; 2 and 3 are for a person; stopping is an interrupt, not a kill."""
    service = unit("aboveboard.service")
    assert service["ExecStart"].endswith("/aboveboard crawl /etc/aboveboard/job.toml")
    assert (service["KillSignal"], service["Restart"]) == ("SIGINT", "on-failure")
    assert service["RestartPreventExitStatus"].split() == ["2", "3"]
    assert unit("aboveboard.timer")["OnCalendar"].endswith(" UTC")


def test_the_crontab_line_runs_one_job_at_a_time() -> None:
    lines = (DEPLOY / "crontab.example").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if re.match(r"[\d*]", line)]
    *when, command = line.split(maxsplit=5)
    assert len(when) == 5
    assert "%" not in command  # cron reads it as a line's end
    assert "flock --nonblock" in command

"""A manifest is held against everything that was learned since, and against its own seal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gate_team import Team
from standing_world import (
    CC_BY,
    CLOSED,
    MONDAY,
    NO_AI,
    SITE,
    TDM_RESERVED,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
)

from licences.policy import load, read
from licences.vocabulary import Condition, ConditionType
from provenance import recorded
from provenance.database import Database
from provenance.erasures import ScopeKind
from provenance.errors import ManifestError
from provenance.manifest.checking import ManifestChanged
from provenance.manifest.layout import HEADER_KEY, SEAL_KEY
from provenance.manifest.sealing import canonical, header_of, seal_of

PATHS = ("/essays/one.html", "/essays/two.html", "/shop/three.html")


@pytest.fixture
def permitted(team: Team) -> list[int]:
    """Three documents that may be used, of a source in force."""
    team.world.source()
    team.world.file("tdmrep.json", None, at=MONDAY)
    return team.pages(*PATHS, statements=[CC_BY])


def test_where_nothing_happened_every_row_may_be_used(team: Team, permitted: list[int]) -> None:
    manifest = team.manifest()
    assert team.told("check", manifest) == []
    assert header_of(manifest).header["counts"]["rows"] == len(permitted)


def test_what_was_learned_since_is_told_row_by_row(team: Team, permitted: list[int]) -> None:
    one, two, three = permitted
    manifest = team.manifest()
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    team.world.refused("/shop/three.html", at=WEDNESDAY)
    assert team.failed(manifest) == {one: "host-file", two: "host-file", three: "newer-exchange"}
    told = team.told("check", manifest, code=1)
    assert list(told[0]) == ["row", "capture", "url", "cause", "outcome", "rule", "reasons", "since"]
    assert told[0]["url"] == f"https://{SITE}/essays/one.html"
    assert (told[0]["row"], told[0]["outcome"], told[0]["rule"]) == (0, "not_permitted", "access")
    assert "robots.txt of https://example.org, first seen 2026-11-03" in told[0]["reasons"][0]


def test_an_erased_row_is_told_without_its_url(team: Team, permitted: list[int]) -> None:
    manifest = team.manifest()
    team.forget(f"https://{SITE}/essays/one.html")
    [row] = team.rows(manifest)
    assert (row.capture, row.cause, row.url) == (permitted[0], "erased", None)


def test_an_address_where_an_erased_payload_was_found_is_suppressed(team: Team, permitted: list[int]) -> None:
    manifest = team.manifest()
    other = team.world.page(PATHS[0], CC_BY, at=TUESDAY)
    with team.world.database.reading() as connection:
        digest = connection.exec_driver_sql(f"SELECT payload_digest FROM capture WHERE id = {other}").scalar()
    team.forget(f"sha256:{bytes(digest).hex()}", ScopeKind.DIGEST)
    assert team.failed(manifest) == {permitted[0]: "suppressed"}


@pytest.mark.parametrize("again", [False, True], ids=["revoked", "revoked, then admitted again"])
def test_a_source_out_of_force_takes_its_rows_for_good(team: Team, permitted: list[int], again: bool) -> None:
    """Only a new manifest can hold them again."""
    manifest = team.manifest()
    team.world.source("revoked")
    if again:
        team.world.source()
    assert team.failed(manifest) == dict.fromkeys(permitted, "source.revoked")
    assert header_of(team.manifest()).header["counts"]["rows"] == (3 if again else 0)


def test_a_host_file_that_changed_back_gives_nothing_back(team: Team, permitted: list[int]) -> None:
    manifest = team.manifest()
    team.world.file("tdmrep.json", TDM_RESERVED, at=TUESDAY)
    team.world.file("tdmrep.json", None, at=WEDNESDAY)
    assert set(team.failed(manifest)) == set(permitted)
    again = team.world.page(PATHS[0], CC_BY, at=THURSDAY)
    assert set(team.failed(manifest)) == set(permitted)
    assert again not in team.failed(manifest)


def test_another_policy_is_named_as_the_cause(team: Team, permitted: list[int], tmp_path: Path) -> None:
    manifest = team.manifest()
    strict = _without("licence")
    file = tmp_path / "strict.toml"
    file.write_text(strict)
    result = team.typed("check", manifest, "--policy", file, code=1)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["cause"] for row in told] == ["policy"] * len(permitted)
    assert "the policy is another" in result.stderr
    own = team.manifest(
        policy=read(strict.replace('outcome = "not_permitted"', 'outcome = "permitted"', 1), "own")
    )
    assert own.exists()


def test_news_that_takes_nothing_away_hides_no_older_denial(team: Team, permitted: list[int]) -> None:
    """The policy of the manifest did not listen to the denial, today's does; a newer exchange only asks more."""
    loose = read(_without("reservation", "licence-against-reservation"), "strict-optin")
    team.world.page(PATHS[0], CC_BY, NO_AI, at=TUESDAY)
    manifest = team.manifest(policy=loose)
    shared = replace(CC_BY, conditions=(*CC_BY.conditions, Condition(type=ConditionType.SHARE_ALIKE)))
    team.world.page(PATHS[0], shared, at=WEDNESDAY)
    assert team.failed(manifest) == {permitted[0]: "newer-exchange"}
    team.sweep()
    assert team.called_back() == {permitted[0]}


def test_as_of_a_day_it_answers_as_it_would_have_then(team: Team, permitted: list[int]) -> None:
    manifest = team.manifest()
    before = recorded.present(team.world.database)
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    assert team.failed(manifest, as_of=before) == {}
    assert set(team.failed(manifest)) == set(permitted[:2])
    with pytest.raises(ManifestError, match="answers for"):
        team.check(manifest, as_of=MONDAY)


def test_checking_writes_nothing(team: Team, permitted: list[int]) -> None:
    manifest = team.manifest()
    team.world.file("robots.txt", CLOSED, at=TUESDAY)
    assert team.failed(manifest)
    assert team.called_back() == set()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param("row", "its rows are not the ones that were sealed", id="another row"),
        pytest.param("header", "its header is not the one that was sealed", id="another header"),
        pytest.param("order", "its rows are not the ones that were sealed", id="rows in another order"),
        pytest.param("less", "its rows are not the ones that were sealed", id="a row less"),
    ],
)
def test_a_changed_manifest_is_told(alone: Team, change: str, words: str) -> None:
    manifest = _made(alone)
    table, metadata = _read(manifest)
    if change == "row":
        urls = ["https://example.net/" for _ in range(table.num_rows)]
        table = table.set_column(1, "url", [urls])
    elif change == "order":
        table = table.take([2, 1, 0])
    elif change == "less":
        table = table.slice(1)
    else:
        metadata[HEADER_KEY] = metadata[HEADER_KEY].replace(b"ai-train-gen", b"ai-train-non")
    _write(manifest, table, metadata)
    with pytest.raises(ManifestChanged, match=words):
        alone.check(manifest)
    assert words in alone.typed("check", manifest, code=1).stderr


@pytest.mark.parametrize("name", ["site", "rights_set", "url", "capture", "decided_at"])
@pytest.mark.parametrize("change", ["type", "gone", "twice"])
def test_columns_are_those_that_were_sealed(alone: Team, name: str, change: str) -> None:
    """Bytes digest as the text they spell, and compare as no text does: a site by bytes was nobody's."""
    manifest = _made(alone)
    alone.world.source("revoked")
    table, metadata = _read(manifest)
    place, column = table.schema.get_field_index(name), table.column(name)
    if change == "type":
        texts = [None if one is None else str(one).encode() for one in column.to_pylist()]
        table = table.set_column(place, name, pa.array(texts, pa.binary()))
    elif change == "gone":
        table = table.drop_columns([name])
    else:
        table = table.append_column(name, column)
    _write(manifest, table, metadata)
    assert "its columns are not the ones that were sealed" in alone.typed("check", manifest, code=1).stderr


def test_a_column_more_is_not_what_was_sealed(alone: Team) -> None:
    manifest = _made(alone)
    table, metadata = _read(manifest)
    _write(manifest, table.append_column("text", pa.array([""] * table.num_rows)), metadata)
    assert "its columns are not the ones" in alone.typed("check", manifest, code=1).stderr


def test_texts_may_be_encoded_otherwise(alone: Team) -> None:
    """Whoever writes the rows anew with another program has the same rows."""
    manifest = _made(alone)
    table, metadata = _read(manifest)
    for name in ("url", "site", "reasons"):
        large = table.column(name).cast(pa.string()).cast(pa.large_string())
        table = table.set_column(table.schema.get_field_index(name), name, large)
    _write(manifest, table, metadata)
    assert alone.told("check", manifest) == []


def test_a_byte_of_the_file_cannot_change_unnoticed(alone: Team) -> None:
    manifest = _made(alone)
    whole = manifest.read_bytes()
    for place in range(4, len(whole), max(len(whole) // 25, 1)):
        manifest.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        result = alone.typed_any("check", manifest)
        assert result.exit_code in {0, 1, 2}, place
        if result.exit_code == 0:  # a byte that no reader of rows and header looks at
            assert pq.read_table(manifest).equals(_table(whole, manifest))
    manifest.write_bytes(whole)
    assert alone.told("check", manifest) == []


def test_a_header_that_was_sealed_anew_was_not_made_here(alone: Team) -> None:
    """An edited as-of with a seal to match: nothing of ours vouches for it."""
    manifest = _made(alone)
    table, metadata = _read(manifest)
    header = json.loads(metadata[HEADER_KEY]) | {"as_of": "2030-01-01T00:00:00.000000Z"}
    text = canonical(header)
    _write(manifest, table, {HEADER_KEY: text.encode(), SEAL_KEY: seal_of(text).encode()})
    assert "did not make this manifest" in alone.typed("check", manifest, code=2).stderr


def test_a_manifest_of_another_database_is_told(alone: Team, tmp_path: Path) -> None:
    manifest = _made(alone)
    other = f"sqlite:///{tmp_path}/other.db"
    Database.open(other).close()
    alone.url = other
    said = alone.typed("check", manifest, code=2).stderr
    assert "did not make this manifest" in said
    assert "--database" in said


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no manifest at all"])
def test_what_is_no_manifest_is_told(alone: Team, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.parquet"
    file.write_bytes(content)
    assert "is no manifest" in alone.typed("check", file, code=2).stderr
    alone.typed("check", tmp_path / "missing.parquet", code=2)


def test_many_causes_are_summed_up(alone: Team) -> None:
    manifest = _made(alone)
    alone.world.source("revoked")
    alone.forget(f"https://{SITE}{PATHS[0]}")
    said = alone.typed("check", manifest, "--format", "table", code=1).stderr
    assert "3 rows may not be used any more" in said
    assert "source.revoked 2" in said
    assert "erased 1" in said


def test_a_row_that_says_no_training_now(alone: Team) -> None:
    manifest = _made(alone)
    newer = alone.world.page(PATHS[0], NO_AI, at=TUESDAY)
    [row] = alone.rows(manifest)
    assert (row.cause, row.since) == ("newer-exchange", "a newer exchange of the same URL, 2026-11-03")
    assert newer not in alone.failed(manifest)


def _made(team: Team) -> Path:
    team.world.source()
    team.pages(*PATHS, statements=[CC_BY])
    return team.manifest(holder="corpus")


def _read(manifest: Path) -> tuple[Any, dict[bytes, bytes]]:
    metadata = pq.read_metadata(manifest).metadata
    return pq.read_table(manifest), {key: metadata[key] for key in (HEADER_KEY, SEAL_KEY)}


def _write(manifest: Path, table: Any, metadata: dict[bytes, bytes]) -> None:
    with pq.ParquetWriter(manifest, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata)


def _table(whole: bytes, manifest: Path) -> Any:
    copy = manifest.with_suffix(".whole")
    copy.write_bytes(whole)
    return pq.read_table(copy)


def _without(*rules: str) -> str:
    text = load("strict-optin").text
    parts = text.split("[[rule]]")
    return "[[rule]]".join(part for part in parts if not any(f'name = "{rule}"\n' in part for rule in rules))

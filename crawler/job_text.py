"""Job files that we write ourselves: the commented one of ``aboveboard init``, and the one behind ``crawl URL``."""

from __future__ import annotations

import json
from collections.abc import Sequence

TEMPLATE = """\
# A job for aboveboard: which sites, why, when, how much.  Run it with:  aboveboard crawl {name}

[job]
name = "my-job"
purpose = "ai-train-gen"             # what the documents are for; decisions are made for this usage.  One of: crawl, index,
                                     # snippet, archive, tdm, ai-train, ai-train-gen, ai-train-nongen, ai-index, ai-input,
                                     # redistribute, derivative
policy = "strict-optin"              # strict-optin, eu-tdm, licence-first, cn-strict, observe, or a policy file of your own
# max_wait_seconds = 3600            # for a site that another run holds, a back-off, an unreachable robots.txt
# max_time_seconds = 86400           # end cleanly after this long; the same command goes on
# schedule = "0 3 * * 1"             # for people and cron (UTC); see deploy/ for a timer

[operator]                           # who asks: goes out with every request.  No contact, no crawl
name = "Example Research"
contact = "crawler@example.org"      # a mailbox that somebody reads
# info_url = "https://example.org/bot"   # a public page about this crawler
# token = "Aboveboard"               # the product token that robots.txt files can name
# addresses = ["192.0.2.0/28"]       # the networks that requests come from, for the page of 'aboveboard identity'

[storage]                            # no passwords here: this file is kept as evidence
# database = "sqlite:///aboveboard-data/provenance.db"    # or postgresql+psycopg://host/name
# store = "file:///var/lib/aboveboard/store"              # or s3://bucket/prefix?endpoint=https://...

[[site]]                             # as many as you like; two of one registrable domain are one visit
start = ["https://www.example.org/"]
# include = ["https://www.example.org/docs/"]   # URL prefixes that are in scope; default: the start URLs' hosts
# sitemaps = ["https://www.example.org/sitemap.xml"]   # those that robots.txt names are read anyway
admitted_by = "your name, and the date"   # who says that we may go there at all
basis = "why: a licence, a contract, a statute"
# admitted_until = 2027-01-01        # the last day; 'aboveboard source' shows, ends and renews admissions
max_pages = 1000
# max_depth = 25                     # links from a start page
# max_bytes = 1_000_000_000
# media = ["text/html", "image/png"] # default: HTML, XHTML, plain text, feeds, PDF

# [[permission]]                     # only what a site's owner granted you; recorded as evidence, until it ends
# site = "example.org"
# granted_by = "A. Owner, mail of 2026-11-20"
# min_gap_seconds = 1
# max_in_flight = 2
# valid_until = 2027-01-01
"""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def job_for_urls(
    urls_by_site: dict[str, list[str]],
    *,
    name: str,
    contact: str,
    operator: str,
    info_url: str | None,
    purpose: str,
    policy: str,
    admitted_by: str,
    max_pages: int,
    max_depth: int,
) -> str:
    """Return the job file that a ``crawl URL`` command line amounts to: what runs is always a job file."""
    lines = ["[job]", f"name = {_text(name)}", f"purpose = {_text(purpose)}", f"policy = {_text(policy)}", ""]
    lines += ["[operator]", f"name = {_text(operator)}", f"contact = {_text(contact)}"]
    if info_url:
        lines.append(f"info_url = {_text(info_url)}")
    for starts in urls_by_site.values():
        lines += ["", "[[site]]", f"start = {_list(starts)}", f"admitted_by = {_text(admitted_by)}"]
        lines += ['basis = "not stated"', f"max_pages = {max_pages}", f"max_depth = {max_depth}"]
    return "\n".join(lines) + "\n"

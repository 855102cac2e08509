"""What the public page about this crawler says: facts of the job and of the code that enforces them, nothing typed.

The page lies where ``info_url`` points.  A webmaster reads there who asks, what for, how fast, and how to say no.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from crawler import politeness
from crawler.job import Job
from crawler.permission.origin import LONGEST_LIFE
from licences.robots import FRAMEWORK_TOKEN, RobotsDocument
from licences.vocabulary import Usage
from provenance.templating import Environment, templates_of
from provenance.version import SOFTWARE

RANGES_FILE = "client-ranges.json"  # beside the page, linked with rel=client-ranges
BLOCKED = "/private/"  # an example of a folder

_PURPOSES = {
    Usage.CRAWL: "acquiring pages; what becomes of them is decided later",
    Usage.INDEX: "a search index",
    Usage.SNIPPET: "showing short excerpts",
    Usage.ARCHIVE: "keeping an archive",
    Usage.TDM: "text and data mining: automated analysis of texts",
    Usage.AI_TRAIN: "AI training: gathering texts that models are trained on",
    Usage.AI_TRAIN_GEN: "AI training: gathering texts that generative models are trained on",
    Usage.AI_TRAIN_NONGEN: "AI training: gathering texts that classifiers and rankers, not generators, are trained on",
    Usage.AI_INDEX: "an index that an AI system retrieves from",
    Usage.AI_INPUT: "input of an AI system: answers and prompts that draw on pages",
    Usage.REDISTRIBUTE: "passing the pages on to others",
    Usage.DERIVATIVE: "adaptations such as translations and summaries",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BotPage:
    """Everything that the page says."""

    operator: str
    contact: str
    info_url: str | None
    product_token: str
    user_agent: str
    request_headers: dict[str, str]  # of every request, those that say who asks
    software: str
    job: str
    purpose: str  # a usage of the vocabulary
    purpose_in_words: str
    policy: str
    gap_seconds: float  # at least, from the end of an answer to the next request to the same host
    in_flight: int  # requests to one host at once
    robots_hours: float  # a robots.txt is asked for again after so long at the latest
    also_obeys: str  # another name in robots.txt that binds us
    block_all: str  # a robots.txt that keeps us out
    block_folder: str
    addresses: Sequence[str]  # networks that we ask from; empty: none are published

    @classmethod
    def of(cls, job: Job) -> BotPage:
        """Return the page of a job."""
        identity = job.identity
        usage = Usage(job.job.purpose)
        return cls(
            operator=identity.operator,
            contact=identity.contact,
            info_url=identity.info_url,
            product_token=identity.product_token,
            user_agent=identity.user_agent,
            request_headers=identity.headers(),
            software=SOFTWARE,
            job=job.job.name,
            purpose=usage.value,
            purpose_in_words=_PURPOSES[usage],
            policy=job.job.policy,
            gap_seconds=politeness.HOST.gap,
            in_flight=politeness.HOST.max_in_flight,
            robots_hours=LONGEST_LIFE / 3600,
            also_obeys=FRAMEWORK_TOKEN,
            block_all=_checked(identity.product_token, "/"),
            block_folder=_checked(identity.product_token, BLOCKED),
            addresses=job.operator.addresses,
        )

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return the page for programs."""
        facts = {name: getattr(self, name) for name in self.__slots__ if name != "addresses"}
        return {**facts, "client_ranges": self.client_ranges(now)}

    def client_ranges(self, now: datetime) -> dict[str, Any] | None:
        """Return the addresses as JAFAR has them (draft-illyes-webbotauth-jafar-00); None: none are published.

        The synctoken follows from the addresses: it changes when they do.
        """
        if not self.addresses:
            return None
        networks = [ipaddress.ip_network(address) for address in self.addresses]
        return {
            "formatVersion": "1.0",
            "synctoken": hashlib.sha256("\n".join(map(str, networks)).encode()).hexdigest()[:16],
            "creationTime": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "prefixes": [{f"ipv{network.version}Prefix": str(network)} for network in networks],
        }

    def to_html(self) -> str:
        """Return the page for people: one file, no script, no network."""
        return _templates().get_template("bot.html.j2").render(page=self, ranges_file=RANGES_FILE)


def _checked(token: str, path: str) -> str:
    """Return a sample robots.txt that our own matcher obeys: a sample that does not work would be a lie."""
    sample = f"User-agent: {token}\nDisallow: {path}\n"
    if RobotsDocument.parse(sample.encode()).access(token, f"https://example.org{path}").allowed:
        raise AssertionError(f"the sample does not close {path} to {token}")
    return sample


@cache
def _templates() -> Environment:
    return templates_of("crawler")

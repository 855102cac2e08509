"""The words that all layers share: usages (a lattice), verdicts, legal effects, conditions, channels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any


class Usage(StrEnum):
    """What one may want to do with a document.

    A denial flows down the lattice, never up or sideways: whoever denies ``tdm`` denies every training.

    >>> Usage.AI_TRAIN_GEN.ancestors
    (<Usage.AI_TRAIN: 'ai-train'>, <Usage.TDM: 'tdm'>)
    >>> Usage.TDM in Usage.INDEX.denied_by
    False
    """

    CRAWL = "crawl"  # acquire the bytes
    INDEX = "index"  # search index, link, short excerpt
    SNIPPET = "snippet"  # show an excerpt
    ARCHIVE = "archive"  # keep and show a stored copy
    TDM = "tdm"  # any automated analysis
    AI_TRAIN = "ai-train"  # any model training or tuning
    AI_TRAIN_GEN = "ai-train-gen"  # models that can generate content
    AI_TRAIN_NONGEN = "ai-train-nongen"  # classifiers, rankers, detectors
    AI_INDEX = "ai-index"  # entry in an AI system's own retrieval store
    AI_INPUT = "ai-input"  # retrieval-augmented generation, grounding, prompts
    REDISTRIBUTE = "redistribute"  # pass the content itself to others
    DERIVATIVE = "derivative"  # adaptations, translations, summaries

    @property
    def parent(self) -> Usage | None:
        """The usage right above, None at the top."""
        return _PARENTS.get(self)

    @property
    def ancestors(self) -> tuple[Usage, ...]:
        """Every usage above, nearest first."""
        return _ancestors(self)

    @property
    def descendants(self) -> frozenset[Usage]:
        """Every usage below."""
        return _descendants(self)

    @property
    def denied_by(self) -> frozenset[Usage]:
        """The usages whose denial denies this one: itself, those above, and for ``ai-index`` also ``ai-input``.

        An index whose only use is denied is pointless, so that denial crosses over; an allowance never does.
        """
        return _denied_by(self)


_PARENTS = {
    Usage.SNIPPET: Usage.INDEX,
    Usage.AI_TRAIN: Usage.TDM,
    Usage.AI_TRAIN_GEN: Usage.AI_TRAIN,
    Usage.AI_TRAIN_NONGEN: Usage.AI_TRAIN,
}


@cache
def _ancestors(usage: Usage) -> tuple[Usage, ...]:
    parent = _PARENTS.get(usage)
    return () if parent is None else (parent, *_ancestors(parent))


@cache
def _descendants(usage: Usage) -> frozenset[Usage]:
    return frozenset(other for other in Usage if usage in _ancestors(other))


@cache
def _denied_by(usage: Usage) -> frozenset[Usage]:
    across = {Usage.AI_INPUT} if usage is Usage.AI_INDEX else set()
    return frozenset({usage, *_ancestors(usage)} | across)


class Verdict(StrEnum):
    """What a statement says about a usage."""

    ALLOW = "allow"
    DENY = "deny"
    CONDITIONAL = "conditional"  # allowed once its conditions are met
    UNKNOWN = "unknown"  # it speaks of rights, but settles nothing


class LegalEffect(StrEnum):
    """In what capacity a statement speaks; combination rules depend on it."""

    ACCESS_RULE = "access_rule"
    PREFERENCE = "preference"
    RESERVATION = "reservation"
    RESERVATION_WITHDRAWN = "reservation_withdrawn"  # lifts a reservation, grants nothing
    LICENCE_GRANT = "licence_grant"
    CONTRACT_TERM = "contract_term"
    NOTICE = "notice"
    PAYMENT_DEMAND = "payment_demand"
    INFERENCE = "inference"  # our reading of words addressed to others


class Outcome(StrEnum):
    """What a policy makes of a rights set for one usage."""

    PERMITTED = "permitted"
    PERMITTED_WITH_CONDITIONS = "permitted_with_conditions"
    NOT_PERMITTED = "not_permitted"
    NEEDS_REVIEW = "needs_review"
    NO_SIGNAL = "no_signal"  # never stored as permission


class Channel(StrEnum):
    """Where statements about rights are looked for."""

    ROBOTS_TXT = "robots_txt"
    HTTP_HEADER = "http_header"
    HTML_META = "html_meta"
    HTML_LINK = "html_link"
    HTML_SCRIPT = "html_script"
    HTML_TEXT = "html_text"
    WELL_KNOWN = "well_known"
    FILE_METADATA = "file_metadata"
    FEED = "feed"
    SITEMAP = "sitemap"
    REGISTRY = "registry"
    HTTP_STATUS = "http_status"
    OUT_OF_BAND = "out_of_band"


class Retrieval(StrEnum):
    """How looking went: absent, unreachable and malformed are three different facts."""

    OK = "ok"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    OVERSIZE = "oversize"
    WRONG_TYPE = "wrong_type"
    REDIRECTED_CROSS_HOST = "redirected_cross_host"


class AssertedBy(StrEnum):
    """Who speaks, as far as it can be told."""

    PUBLISHER = "publisher"
    RIGHTSHOLDER = "rightsholder"
    PLATFORM = "platform"  # a default that a host or CDN wrote
    THIRD_PARTY = "third_party"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What sort of statement it is; the part before the dot names its protocol."""

    ROBOTS_RULE = "robots.rule"
    ROBOTS_FETCH_STATE = "robots.fetch_state"
    ROBOTS_AI_AGENT_DISALLOW = "robots.ai_agent_disallow"
    ROBOTS_RATE = "robots.rate"
    ROBOTS_LEGACY_AI_RULE = "robots.legacy_ai_rule"
    AIPREF_HEADER = "aipref.header"
    AIPREF_ROBOTS = "aipref.robots"
    CONTENT_SIGNAL_ROBOTS = "content_signal.robots"
    CONTENT_SIGNAL_HEADER = "content_signal.header"
    TDMREP_FILE = "tdmrep.file"
    TDMREP_HEADER = "tdmrep.header"
    TDMREP_META = "tdmrep.meta"
    TDMREP_EPUB = "tdmrep.epub"
    TDMREP_PDF = "tdmrep.pdf"
    TDMREP_POLICY = "tdmrep.policy"
    RSL_LICENCE = "rsl.licence"
    RSL_UNLICENSED = "rsl.unlicensed"
    ROBOTS_TAG_HEADER = "robots_tag.header"
    ROBOTS_TAG_META = "robots_tag.meta"
    ROBOTS_TAG_NEW_HEADER = "robots_tag.robots-tag"
    AITXT_SPAWNING = "aitxt.spawning"
    AITXT_OTHER = "aitxt.other"
    TRUSTTXT = "trusttxt"
    REGISTRY = "registry"
    LICENCE_LINK = "licence.link"
    LICENCE_HEADER = "licence.header"
    LICENCE_RDFA = "licence.rdfa"
    LICENCE_DC = "licence.dc"
    LICENCE_SCHEMA_ORG = "licence.schema_org"
    LICENCE_FEED = "licence.feed"
    LICENCE_TEXT = "licence.text"
    LICENCE_SPDX = "licence.spdx"
    RIGHTS_NOTICE = "rights.notice"
    RIGHTS_PAYWALL = "rights.paywall"
    MEDIA_PLUS = "media.plus"
    MEDIA_C2PA = "media.c2pa"
    MEDIA_XMP_RIGHTS = "media.xmp_rights"
    MEDIA_EXIF = "media.exif"
    TOS_CLAUSE = "tos.clause"
    HTTP_ACCESS = "http.access"
    HTTP_PAYMENT = "http.payment"
    AGREEMENT = "agreement"


class ConditionType(StrEnum):
    """What a conditional allowance may ask for."""

    ATTRIBUTION = "attribution"
    LINK_BACK = "link_back"
    SHARE_ALIKE = "share_alike"
    NO_DERIVATIVES = "no_derivatives"
    NONCOMMERCIAL = "noncommercial"
    USER_CLASS = "user_class"
    GEO = "geo"
    PAYMENT = "payment"
    LICENCE_TOKEN = "licence_token"  # noqa: S105 - a condition's name, not a password
    OBTAIN_CONSENT = "obtain_consent"
    CONTRIBUTION = "contribution"
    REPORTING = "reporting"
    PURPOSE = "purpose"
    STATE_SOURCE_DATE = "state_source_date"
    KEEP_NOTICES = "keep_notices"
    NO_FULL_TEXT = "no_full_text"
    MEDIA_ONLY = "media_only"
    EMBARGO_UNTIL = "embargo_until"
    SEE_TEXT = "see_text"  # human terms at the URL
    RETENTION = "retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must be done, or be true, before a conditional allowance holds."""

    type: ConditionType
    value: str | None = None  # "USD 0.01", "EU", "indicate changes"
    url: str | None = None  # where its terms are

    def to_json(self) -> dict[str, Any]:
        """Return the condition ready for JSON, without what it does not say."""
        parts = {"type": self.type.value, "value": self.value, "url": self.url}
        return {name: part for name, part in parts.items() if part is not None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Condition:
        """Read back what `to_json` wrote."""
        return cls(type=ConditionType(data["type"]), value=data.get("value"), url=data.get("url"))

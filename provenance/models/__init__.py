"""The tables.  They stay inside provenance: frozen records enter, typed rows leave."""

from __future__ import annotations

from provenance.models.base import Base
from provenance.models.capture import Capture, Refusal, Segment, captures_of, hash_of_url
from provenance.models.digest_prefix import DigestPrefix, digest_is
from provenance.models.erasure import Erasure, ReplacedObject
from provenance.models.hold import LegalHold
from provenance.models.host import HostChange, HostState
from provenance.models.place import HostLoad, Origin, Permission
from provenance.models.rights import Decision, RightsSet
from provenance.models.run import LeaseRow, Policy, Run, Site, Source, Visit
from provenance.models.site_document import SiteDocument, SiteDocumentBody
from provenance.models.tombstone import Tombstone

__all__ = [
    "Base",
    "Capture",
    "Decision",
    "DigestPrefix",
    "Erasure",
    "HostChange",
    "HostLoad",
    "HostState",
    "LeaseRow",
    "LegalHold",
    "Origin",
    "Permission",
    "Policy",
    "Refusal",
    "ReplacedObject",
    "RightsSet",
    "Run",
    "Segment",
    "Site",
    "SiteDocument",
    "SiteDocumentBody",
    "Source",
    "Tombstone",
    "Visit",
    "captures_of",
    "digest_is",
    "hash_of_url",
]

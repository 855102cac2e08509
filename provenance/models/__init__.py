"""The tables.  They stay inside provenance: frozen records enter, typed rows leave."""

from __future__ import annotations

from provenance.models.base import Base
from provenance.models.capture import Capture, Refusal, Segment, captures_of, hash_of_url
from provenance.models.clock import Clock
from provenance.models.digest_prefix import DigestPrefix, digest_is
from provenance.models.erasure import Erasure, ReplacedObject
from provenance.models.hold import LegalHold
from provenance.models.host import HostChange, HostState
from provenance.models.manifest import Manifest, ManifestPart, Recall, RecallAcknowledgement
from provenance.models.place import HostLoad, Origin, Permission
from provenance.models.register import SourceEntry
from provenance.models.rights import Decision, RightsSet
from provenance.models.run import LeaseRow, Policy, Run, Site, Source, Visit
from provenance.models.site_document import SiteDocument, SiteDocumentBody
from provenance.models.tally import VisitTally
from provenance.models.tombstone import Tombstone

__all__ = [
    "Base",
    "Capture",
    "Clock",
    "Decision",
    "DigestPrefix",
    "Erasure",
    "HostChange",
    "HostLoad",
    "HostState",
    "LeaseRow",
    "LegalHold",
    "Manifest",
    "ManifestPart",
    "Origin",
    "Permission",
    "Policy",
    "Recall",
    "RecallAcknowledgement",
    "Refusal",
    "ReplacedObject",
    "RightsSet",
    "Run",
    "Segment",
    "Site",
    "SiteDocument",
    "SiteDocumentBody",
    "Source",
    "SourceEntry",
    "Tombstone",
    "Visit",
    "VisitTally",
    "captures_of",
    "digest_is",
    "hash_of_url",
]

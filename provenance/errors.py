"""What can go wrong with the provenance database, in words a person can act on."""

from __future__ import annotations


class ProvenanceError(Exception):
    """Something in provenance/ could not be done; the message says what to change."""


class DatabaseUrlError(ProvenanceError):
    """The database or store URL cannot be used as it is written."""


class DatabaseMissing(ProvenanceError):  # noqa: N818  # says what is the case
    """There is no provenance database at this place, and a question must not create one."""


class DatabaseUnreachable(ProvenanceError):  # noqa: N818  # says what is the case
    """The database does not answer, or does not let us in."""


class SchemaOutdated(ProvenanceError):  # noqa: N818  # says what is the case
    """The database has an older schema than this release reads."""

    def __init__(self, message: str, *, found: str | None = None) -> None:
        super().__init__(message)
        self.found = found  # its revision


class SchemaTooNew(ProvenanceError):  # noqa: N818  # says what is the case
    """The database was written by a newer release; this one must not touch it."""


class AsOfInFuture(ProvenanceError):  # noqa: N818  # says what is the case
    """An as-of question about a moment that has not come yet."""


class SourceError(ProvenanceError):
    """The register of sources cannot take what was asked of it."""


class StaleLease(ProvenanceError):  # noqa: N818  # says what is the case
    """The site is no longer ours to write about: another owner holds it, or nobody does."""


class RecordConflict(ProvenanceError):  # noqa: N818  # says what is the case
    """A key that is already recorded came again with other content."""


class ScopeError(ProvenanceError):
    """What should be erased or preserved cannot be told from what was written."""


class LegalHoldStands(ProvenanceError):  # noqa: N818  # says what is the case
    """Somebody has to preserve what should be erased."""


class NotOnRecord(ProvenanceError):  # noqa: N818  # says what is the case
    """There is no erasure or hold of this number, or it is not in the state asked for."""


class ManifestError(ProvenanceError):
    """A manifest, its holder or its recalls are not what they are said to be."""

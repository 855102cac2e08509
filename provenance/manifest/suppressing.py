"""Documents that an erasure asks not to use, though they are on record: fetched before anybody asked."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sqlalchemy import select

from provenance.database import Database
from provenance.erasures.scope import Scope, ScopeKind
from provenance.erasures.suppression import Suppressions, suppressions
from provenance.manifest.dimensions import Dimensions, Numbers
from provenance.models import Erasure, Tombstone, Visit


class Suppressed:
    """The sites that suppressions are about; only their URLs are looked at one by one."""

    def __init__(self, entries: Suppressions, sites: Numbers, origins: pa.StringArray) -> None:
        self._entries, self._sites, self._origins = entries, sites, origins

    @classmethod
    def read(cls, database: Database, dimensions: Dimensions) -> Suppressed:
        """Find them."""
        entries = suppressions(database)
        scopes = [one.scope for one in entries.entries if one.scope.kind is not ScopeKind.DIGEST]
        concerned = [
            key
            for key, name in enumerate(dimensions.site_names.to_pylist())
            if name is not None
            and scopes
            and any(Scope(kind=ScopeKind.SITE, value=name).overlaps(scope) for scope in scopes)
        ]
        if len(scopes) < len(entries.entries):
            by_digest = (
                select(Visit.site_id)
                .join(Tombstone, Tombstone.visit_id == Visit.id)
                .join(Erasure, Erasure.id == Tombstone.erasure_id)
                .where(Erasure.suppresses.is_(True), Erasure.scope_kind == ScopeKind.DIGEST.value)
                .distinct()
            )
            with database.reading() as connection:
                concerned += connection.scalars(by_digest)
        return cls(entries, np.unique(np.array(concerned, dtype=np.int32)), dimensions.origins)

    def among(self, batch: pa.RecordBatch, sites: Numbers, asked: Numbers) -> Numbers:
        """Return which rows of a batch must not be used.

        Args:
            batch: with ``origin_id`` and ``path``.
            sites: the key of each row's site.
            asked: the rows that matter.
        """
        covered = np.zeros(batch.num_rows, dtype=bool)
        for at in np.flatnonzero(asked & np.isin(sites, self._sites)):
            url = f"{self._origins[batch.column('origin_id')[at].as_py()]}{batch.column('path')[at]}"
            covered[at] = self._entries.covering(url) is not None
        return covered

    def __bool__(self) -> bool:
        return bool(len(self._sites))

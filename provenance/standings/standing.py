"""Standing: the one place that says what holds for a capture now, or held as of a day, for a usage under a policy.

A decision's key is the rights set as fetched, what the host's own files say since, newer exchanges of the same URL,
and how the register of sources stands.  What is learned later takes away and never gives: to gain, a page is fetched
again.  Erased captures are not here at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Self

from licences.policy import Policy
from licences.vocabulary import Usage
from provenance import recorded
from provenance.database import Database
from provenance.standings.forgotten import doubt, doubted
from provenance.standings.host_files import HostFiles, versions_of
from provenance.standings.judging import Judge
from provenance.standings.moments import last_change
from provenance.standings.register import Entries, entries_of_sites, lapse, withdrawal
from provenance.standings.searching import Learned, Search
from provenance.standings.verdict import Verdict


class Standing:
    """What holds at one moment; every distinct verdict has a number, so that millions of rows can share a few.

    For many rows: ``number_by_rights_set()[rights set]``, overruled by `exceptions` for single captures, overruled by
    `withdrawn_sites` for whole sites.  For one: `verdict`.
    """

    def __init__(self, database: Database, usage: Usage, policy: Policy, as_of: datetime) -> None:
        """Take a moment that is settled; `at` finds it."""
        self.database, self.usage, self.policy, self.as_of = database, usage, policy, as_of
        self._judge = Judge(usage, policy, as_of)
        self._found: dict[datetime | None, Mapping[int, int]] = {}

    @classmethod
    def at(cls, database: Database, usage: Usage, policy: Policy, as_of: datetime | None = None) -> Self:
        """Return what holds at a moment.

        Args:
            database: where the captures are.
            usage: what is asked about.
            policy: which decides.
            as_of: recorded time, UTC; None: now, which is to say the last moment at which an answer could have
                changed, so that the same database and question give the same bytes.

        Raises:
            AsOfInFuture: nobody knows yet what will be recorded by then.
        """
        if as_of is not None:
            recorded.settle(database, as_of)
            return cls(database, usage, policy, as_of)
        return cls(database, usage, policy, last_change(database, recorded.present(database)))

    @property
    def verdicts(self) -> list[Verdict]:
        """Every distinct verdict so far, at the place of its number."""
        return self._judge.verdicts

    def verdict(
        self,
        *,
        rights_set_id: int | None,
        site_id: int,
        origin_id: int,
        fetched_at: datetime,
        path: str,
        capture_id: int,
    ) -> Verdict | None:
        """Return what holds for one capture; None: it is none that states anything about rights.

        Args:
            rights_set_id: as of the capture, like what follows.
            site_id: of its visit.
            origin_id: of its URL.
            fetched_at: UTC; only what was learned later counts beside the rights set.
            path: of its URL.
            capture_id: its key.
        """
        del fetched_at, path  # the capture's own row says them; a caller need not know which of them matter
        if rights_set_id is None:
            return None
        if (withdrawn := self._withdrawn_site(site_id)) is not None:
            return withdrawn
        if None in self._found:
            number = self._found[None].get(capture_id)
        else:
            number = self._exception(capture_id, origin_id)
        if number is None:
            with self.database.reading() as connection:
                self._judge.read(connection, [rights_set_id])
            number = self._judge.number(rights_set_id)
        return self.verdicts[number]

    def number_by_rights_set(self) -> Mapping[int, int]:
        """Return the number of the verdict over each rights set: what holds where nothing was learned since."""
        with self.database.reading() as connection:
            self._judge.read(connection)
        return {key: self._judge.number(key) for key in self._judge.known}

    def withdrawn_sites(self) -> Mapping[int, Verdict]:
        """Return the sites that are out of force, or not in the register of sources at all, by key."""
        found = {
            key: withdrawal(name, entries, self.as_of) for key, (name, entries) in self._register.items()
        }
        return {key: verdict for key, verdict in found.items() if verdict is not None}

    def lapsed_sites(self, after: datetime) -> Mapping[int, Verdict]:
        """Return the sites that are out of force, or were so at any time after a moment, by key."""
        found = {
            key: lapse(name, entries, after, self.as_of) for key, (name, entries) in self._register.items()
        }
        return {key: verdict for key, verdict in found.items() if verdict is not None}

    def exceptions(self, learned_after: datetime | None = None) -> Mapping[int, int]:
        """Return the captures with a verdict of their own, by key: the number of the verdict.

        Later versions of their hosts' files, and newer exchanges of their URLs, say so.  Captures of sites that are
        out of force are left out.

        Args:
            learned_after: only captures that something recorded after this moment speaks about, and then also states
                of hosts' files that passed since; None: all that hold.
        """
        if learned_after not in self._found:
            with self.database.reading() as connection:
                self._judge.read(connection)
                search = Search(
                    connection=connection, judge=self._judge, as_of=self.as_of, learned_after=learned_after
                )
                self._found[learned_after] = self._numbers(search, None)
        return self._found[learned_after]

    def _exception(self, capture_id: int, origin_id: int) -> int | None:
        with self.database.reading() as connection:
            search = Search(connection=connection, judge=self._judge, as_of=self.as_of, capture=capture_id)
            return self._numbers(search, origin_id).get(capture_id)

    def _numbers(self, search: Search, origin_id: int | None) -> dict[int, int]:
        connection = search.connection
        visits = search.visits(without=self.withdrawn_sites())
        versions = versions_of(connection, self.as_of, origin_id)
        files = HostFiles.of(connection, versions, search.learned_after)
        newer = dict(search.by_newer_exchanges(visits))
        sites = {name: key for key, (name, _) in self._register.items()}
        numbers: dict[int, int] = {}
        for one in search.by_host_files(files, visits, sites):
            also = newer.pop(one.capture_id, None)
            self._settle(
                search, one if also is None else one._replace(later=(*one.later, *also.later)), numbers
            )
        for one in newer.values():
            self._settle(search, one, numbers)
        self._doubt(search, numbers)
        return numbers

    def _doubt(self, search: Search, numbers: dict[int, int]) -> None:
        """Hold back documents of whose URL, or of whose host's files, something newer was forgotten."""
        judge, after, capture = self._judge, search.learned_after, search.capture
        for one in doubted(search.connection, self.as_of, news_after=after, capture=capture):
            judge.read(search.connection, [one.rights_set_id])
            as_fetched = judge.number(one.rights_set_id)
            number = judge.number_at_most(numbers.get(one.capture_id, as_fetched), doubt(one))
            if number != as_fetched:
                numbers[one.capture_id] = number

    def _settle(self, search: Search, learned: Learned, numbers: dict[int, int]) -> None:
        """Note the number of a capture's verdict, where it differs from that of its rights set."""
        key = learned.rights_set_id
        self._judge.read(search.connection, [key])
        number = self._judge.number_with(key, learned.later)
        if number != self._judge.number(key):
            numbers[learned.capture_id] = number

    def _withdrawn_site(self, site_id: int) -> Verdict | None:
        name, entries = self._register.get(site_id, ("the site", ()))
        return withdrawal(name, entries, self.as_of)

    @cached_property
    def _register(self) -> Mapping[int, tuple[str, Entries]]:
        return entries_of_sites(self.database, self.as_of)

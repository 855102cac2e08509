"""A data team: makes manifests, checks them, reads its feed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import update
from standing_world import MONDAY, POLICY, SITE, USAGE, World, upload
from typer.testing import CliRunner, Result

from licences.policy import Policy
from provenance.commands import gate
from provenance.erasures import Scope, ScopeKind, hide
from provenance.manifest.checking import Checked, FailedRow, check
from provenance.manifest.export import write_manifest
from provenance.manifest.recall import RecallRow, feed, recall_erased, sweep
from provenance.manifest.selection import Duplicates, Selection, Versions
from provenance.models import Erasure
from provenance.standings import Standing


@dataclass(slots=True)
class Team:
    """Somebody who trains on what a world holds."""

    world: World
    folder: Path
    url: str
    made: list[Path] = field(default_factory=list)

    def manifest(self, holder: str | None = None, policy: Policy = POLICY, **asked: Any) -> Path:
        """Make a manifest of everything that is permitted."""
        standing = Standing.at(self.world.database, USAGE, policy)
        options = {"duplicates": Duplicates.KEEP, "versions": Versions.ALL} | asked
        selection = Selection(usage=USAGE, policy=policy, holder=holder, **options)
        out = self.folder / f"manifest-{len(self.made)}.parquet"
        write_manifest(self.world.database, standing, selection, out, force=False, told=lambda *_: None)
        self.made.append(out)
        return out

    def check(self, manifest: Path, **options: Any) -> Checked:
        """Return what a check finds."""
        return check(self.world.database, manifest, **options)

    def failed(self, manifest: Path, **options: Any) -> dict[int, str]:
        """Return the causes of the rows that fail, by capture."""
        return {row.capture: row.cause for row in self.check(manifest, **options).rows}

    def rows(self, manifest: Path) -> list[FailedRow]:
        """Return the rows that fail."""
        return list(self.check(manifest).rows)

    def sweep(self) -> int:
        """Add to the feed what was learned since the last sweep; return how many entries."""
        return sweep(self.world.database)

    def feed(self, holder: str | None = None, after: int | None = None) -> list[RecallRow]:
        """Return the feed as it is."""
        return list(feed(self.world.database, holder=holder, after=after))

    def called_back(self, holder: str | None = None) -> set[int]:
        """Return the captures that were ever called back."""
        return {row.capture for row in self.feed(holder, after=0)}

    def forget(self, url: str, kind: ScopeKind = ScopeKind.URL) -> int:
        """Hide what a scope covers, and tell whoever holds it, as `erase` does; return the erasure's number."""
        hidden = hide(
            self.world.database,
            Scope.parse(kind, url),
            reason="its author asked",
            requested_by="A. Nonymous",
            at=datetime.now(UTC),
            suppresses=True,
        )
        recall_erased(self.world.database, hidden.id)
        return hidden.id

    def finish(self, erasure: int) -> None:
        """Let an erasure be over, as far as its row says."""
        with self.world.database.writing() as connection:
            over = update(Erasure).where(Erasure.id == erasure)
            connection.execute(over.values(state="erased", finished_at=datetime.now(UTC), facts={}))

    def typed(self, *arguments: str | Path, code: int = 0) -> Result:
        """Run a command as the program mounts it."""
        app = typer.Typer()
        gate.register(app)
        result = CliRunner().invoke(app, [*map(str, arguments), "--database", self.url])
        assert result.exit_code == code, result.output
        return result

    def typed_any(self, *arguments: str | Path) -> Result:
        """Run a command, whatever comes of it."""
        app = typer.Typer()
        gate.register(app)
        return CliRunner().invoke(app, [*map(str, arguments), "--database", self.url])

    def told(self, *arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
        """Run a command and return the JSON lines that it prints."""
        return [json.loads(line) for line in self.typed(*arguments, code=code).stdout.splitlines()]

    def pages(self, *paths: str, statements: Sequence[Any] = (), site: str = SITE) -> list[int]:
        """Record documents whose bytes lie in the store."""
        keys = [self.world.page(path, *statements, site=site) for path in paths]
        upload(self.world, site, MONDAY)
        return keys

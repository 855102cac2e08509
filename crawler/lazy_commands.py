"""The commands by name, each loaded when it is asked for: a question need not wait for Scrapy to be imported."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order of the help.  Each module has a `register` that mounts its commands.
_MODULES: Mapping[str, str] = {
    "demo": "crawler.commands.crawling",
    "crawl": "crawler.commands.crawling",
    "init": "crawler.commands.crawling",
    "explain": "crawler.commands.answering",
    "identity": "crawler.commands.identity",
    "query": "provenance.commands.query",
    "report": "provenance.commands.report",
    "runs": "provenance.commands.report",
    "decide": "provenance.commands.decide",
    "manifest": "provenance.commands.manifest",
    "source": "crawler.commands.sourcing",
    "check": "provenance.commands.gate",
    "recall": "provenance.commands.gate",
    "hosts": "provenance.commands.hosts",
    "db": "provenance.commands.db",
    "verify": "crawler.commands.upkeep",
    "recover": "crawler.commands.upkeep",
    "erase": "crawler.commands.erasing",
    "erasure": "crawler.commands.erasing",
    "hold": "crawler.commands.holding",
    "retain": "crawler.commands.retaining",
}


class LazyCommands(TyperGroup):
    """A group that knows the names of its commands before it has loaded any."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return all names, in the order of the help."""
        del ctx
        return list(_MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load and return a command, None where there is none of that name."""
        if cmd_name not in self.commands and (name := _MODULES.get(cmd_name)) is not None:
            mounted = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
            mounted.callback()(_nothing)  # else typer makes a lone command the whole program
            import_module(name).register(mounted)
            self.commands.update(get_group(mounted).commands)
        return super().get_command(ctx, cmd_name)


def _nothing() -> None:
    """Stand in for the callback that the program itself has."""

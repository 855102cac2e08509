"""The command ``aboveboard``: its parts, its exit codes, and errors in words instead of tracebacks."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from crawler.errors import CrawlerError
from crawler.lazy_commands import LazyCommands
from crawler.places import ExitCode
from licences.errors import LicenceError
from provenance.errors import ProvenanceError
from provenance.version import SOFTWARE

app = typer.Typer(
    name="aboveboard",
    cls=LazyCommands,
    help="A web crawler that keeps the paper trail: permission, rights signals and provenance for every document.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with:  aboveboard demo",
)


def _version(wanted: bool) -> None:  # the signature of a typer callback
    if wanted:
        typer.echo(SOFTWARE.replace("/", " "))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version


def main() -> None:
    """Run the command; what went wrong is told in a sentence and an exit code."""
    console = Console(stderr=True, highlight=False)
    try:
        app()
    except (CrawlerError, ProvenanceError, LicenceError) as error:
        console.print(f"aboveboard: {error}", markup=False, soft_wrap=True)
        code = ExitCode.UNFINISHED if getattr(error, "resumable", False) else ExitCode.USAGE
        sys.exit(int(code))
    except KeyboardInterrupt:
        sys.exit(int(ExitCode.INTERRUPTED))
    except BrokenPipeError:  # whoever reads our output had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(int(ExitCode.DONE))

"""``aboveboard identity``: the public page about this crawler, written from what is enforced."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from crawler import job as jobs
from crawler.bot_page import RANGES_FILE, BotPage
from crawler.errors import CrawlerError
from crawler.places import ExitCode


class PageFormat(StrEnum):
    """How the page is written."""

    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command("identity", epilog="Example:  aboveboard identity job.toml --output bot.html")(identity)


def identity(
    job_file: Annotated[Path, typer.Argument(metavar="JOB.toml", help="Whose page.")] = Path("job.toml"),
    form: Annotated[
        PageFormat, typer.Option("--format", help="html for people, json for programs.")
    ] = PageFormat.HTML,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; default: standard output.")
    ] = None,
) -> None:
    """Write the page that info_url should lead to: who asks, what for, how fast, how to say no."""
    job, _ = jobs.load(job_file)
    page, now = BotPage.of(job), datetime.now(UTC)
    text = (
        page.to_html()
        if form is PageFormat.HTML
        else json.dumps(page.to_json(now), ensure_ascii=False, indent=2) + "\n"
    )
    ranges = page.client_ranges(now)
    if output is None:
        sys.stdout.write(text)
        raise typer.Exit(int(ExitCode.DONE))
    files = {output: text}
    if ranges is not None and form is PageFormat.HTML:
        files[output.with_name(RANGES_FILE)] = json.dumps(ranges, indent=2) + "\n"
    for path, content in files.items():
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise CrawlerError(f"{path}: cannot be written: {error}") from error
    words = f"wrote {' and '.join(map(str, files))}"
    if job.operator.info_url is None:
        words += "; set [operator] info_url to where it can be read"
    Console(stderr=True, highlight=False).print(words, markup=False, soft_wrap=True)
    raise typer.Exit(int(ExitCode.DONE))

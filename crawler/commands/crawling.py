"""``aboveboard crawl``, ``demo`` and ``init``."""

from __future__ import annotations

import getpass
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from crawler import job as jobs
from crawler import urls
from crawler.commands.options import Database, Store
from crawler.commands.summary import print_plan, print_summary
from crawler.demo.job import job_text as demo_job_text
from crawler.demo.server import DemoServer
from crawler.errors import CrawlerError
from crawler.job_text import TEMPLATE, job_for_urls
from crawler.places import ExitCode
from provenance import reports
from provenance.database import Database as ProvenanceDatabase
from provenance.locations import DATA_FOLDER

if TYPE_CHECKING:
    from crawler.session import Ended

DEMO_FOLDER = Path(DATA_FOLDER)  # where every command looks by itself

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors still show.")]
LogFile = Annotated[
    Path | None,
    typer.Option("--log-file", metavar="FILE", help="Write the log there, one JSON object a line."),
]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command("demo", epilog="Example:  aboveboard demo")(demo)
    app.command(
        "crawl",
        epilog="Examples:  aboveboard crawl https://example.org/ --contact crawler@example.org"
        "   |   aboveboard crawl job.toml   |   aboveboard crawl job.toml --plan",
    )(crawl_command)
    app.command("init", epilog="Example:  aboveboard init my-job.toml")(init)


def _console() -> Console:
    return Console(stderr=True, highlight=False)


def crawl_command(  # noqa: PLR0917  # typer reads a command's options from its parameters
    what: Annotated[list[str], typer.Argument(metavar="URL... | JOB.toml", help="What to crawl.")],
    contact: Annotated[
        str | None,
        typer.Option(metavar="MAIL", help="Who answers for this crawl; goes out with every request."),
    ] = None,
    info_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A public page about this crawler, for the User-Agent.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Who crawls; default: the contact.")] = None,
    purpose: Annotated[str, typer.Option(help="The usage that decisions are made for.")] = "ai-train-gen",
    policy: Annotated[str, typer.Option(help="A profile's name or a policy file.")] = "strict-optin",
    max_pages: Annotated[int, typer.Option(min=1, help="Pages a site at most.")] = 1000,
    max_depth: Annotated[int, typer.Option(min=0, help="Links from a start page at most.")] = 25,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Ask for robots.txt and sitemaps only; say what would be refused, at what pace."
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished run although the job file has changed.")
    ] = False,
    new: Annotated[bool, typer.Option("--new", help="Begin a new run although one is unfinished.")] = False,
    database: Database = None,
    store: Store = None,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> None:
    """Crawl sites now: permission first, at a decent pace, every document with its paper trail.

    The same command again resumes an unfinished run and asks for nothing twice.
    """
    from crawler.session import crawl, set_up_log  # noqa: PLC0415  # Scrapy takes a second or two to import

    if resume and new:
        raise CrawlerError("--resume and --new exclude each other: say one of them")
    set_up_log(log_file)
    if any(jobs.looks_like_url(item) for item in what):
        job, text = _job_of_urls(
            what,
            contact=contact,
            info_url=info_url,
            operator=operator,
            purpose=purpose,
            policy=policy,
            max_pages=max_pages,
            max_depth=max_depth,
        )
    elif len(what) == 1:
        job, text = jobs.load(Path(what[0]))
    else:
        raise CrawlerError("give URLs, or one job file; 'aboveboard init' writes one")
    choice = "resume" if resume else "new" if new else None
    ended = crawl(
        job, text, database=database, store=store, console=_console(), quiet=quiet, choice=choice, plan=plan
    )
    if not quiet:
        (print_plan if plan else print_summary)(_console(), ended)
    sys.exit(int(ended.code))


def _job_of_urls(
    what: list[str],
    *,
    contact: str | None,
    info_url: str | None,
    operator: str | None,
    purpose: str,
    policy: str,
    max_pages: int,
    max_depth: int,
) -> tuple[jobs.Job, str]:
    """Return the job that a command line of URLs amounts to."""
    if contact is None:
        raise CrawlerError("no contact, no crawl: add --contact with a mail address that somebody reads")
    by_site: dict[str, list[str]] = {}
    for url in what:
        try:
            target = urls.parse(url)
        except urls.UnusableUrlError as error:
            raise CrawlerError(f"{url}: this is no URL to start from: it {error}") from error
        by_site.setdefault(urls.site_of(target.host), []).append(target.url)
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    shown = shlex.join(["aboveboard", "crawl", *what, "--contact", contact])
    text = job_for_urls(
        by_site,
        name=", ".join(by_site)[:100],
        contact=contact,
        operator=operator or contact,
        info_url=info_url,
        purpose=purpose,
        policy=policy,
        admitted_by=f"{who}, by the command line: {shown}",
        max_pages=max_pages,
        max_depth=max_depth,
    )
    return jobs.parse(text, name="command line"), text


def init(
    path: Annotated[Path, typer.Argument(metavar="JOB.toml", help="Where to write it.")] = Path("job.toml"),
) -> None:
    """Write a commented job file to start from."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=path))
    except FileExistsError:
        raise CrawlerError(f"{path} exists already; name another file") from None
    except OSError as error:
        raise CrawlerError(f"{path}: cannot be written: {error}") from error
    words = f"wrote {path}: fill in [operator] and [[site]], then run 'aboveboard crawl {path}'"
    _console().print(words, markup=False, soft_wrap=True)


def demo(
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where everything goes.")] = DEMO_FOLDER,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> None:
    """Crawl the bundled site on loopback and write its report: every kind of case in half a minute."""
    from crawler.session import crawl, set_up_log  # noqa: PLC0415  # Scrapy takes a second or two to import

    set_up_log(log_file)
    database = f"sqlite:///{folder / 'provenance.db'}"
    store = (folder / "store").absolute().as_uri()
    with DemoServer() as server:
        text = demo_job_text(server.url)
        ended = crawl(
            jobs.parse(text, name="the demo's job"),
            text,
            database=database,
            store=store,
            console=_console(),
            quiet=quiet,
            choice="new",
        )
    report = folder / "demo-report.html"
    with ProvenanceDatabase.open(database) as opened:
        reports.write_html(opened, ended.summary.sites[0].site, report)
    if not quiet:
        print_summary(_console(), ended)
    _show_next(ended, folder, report)
    sys.exit(int(ExitCode.DONE if ended.code is ExitCode.DONE else ended.code))


def _show_next(ended: Ended, folder: Path, report: Path) -> None:
    """Say what to look at; the report's path goes to stdout, for pipes."""
    console = _console()
    database = store = ""
    if folder != DEMO_FOLDER:
        database = f" --database {shlex.quote(ended.places.database)}"
        store = f" --store {shlex.quote(ended.places.store)}"
    console.print("look at it:", style="bold")
    for words in (f"query{database} --limit 10", f"query --refusals{database}", f"verify{database}{store}"):
        console.print(f"  aboveboard {words}", soft_wrap=True)
    console.print("report:", style="bold")
    typer.echo(str(report.absolute()))

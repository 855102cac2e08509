"""What a crawl shows while it runs: a bar on a terminal, plain lines off it, nothing when told to be quiet."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from crawler.dispatch import Dispatcher

LINE_EVERY = 10.0  # seconds between two plain lines
REFRESH = 0.2


def _told(dispatcher: Dispatcher) -> tuple[int, int, str]:
    """Return documents held, the most there may be of what is known so far, and the rest in words."""
    sites = dispatcher.sites
    captured = sum(work.tally.captured for work in sites)
    refused = sum(sum(work.tally.refused.values()) for work in sites)
    queued = sum(len(work.itinerary) for work in sites)
    received = sum(work.tally.received for work in sites)
    waiting = [f"{work.site} {work.waits_for}" for work in sites if work.waits_for]
    words = f"{captured} captured, {refused} refused, {queued} queued, {decimal(received)}"
    if dispatcher.stopping:
        words += "; stopping: what is in flight may end"
    elif backlog := dispatcher.services.writer.backlog:
        words += f"; {backlog}"
    elif waiting:
        words += f"; waiting: {waiting[0]}" + (f" and {len(waiting) - 1} more" if len(waiting) > 1 else "")
    return captured, captured + queued, words


async def show(dispatcher: Dispatcher, console: Console, *, quiet: bool) -> None:
    """Show progress until cancelled."""
    if quiet:
        return
    with suppress(asyncio.CancelledError):
        await (_bar(dispatcher, console) if console.is_terminal else _lines(dispatcher, console))


async def _bar(dispatcher: Dispatcher, console: Console) -> None:
    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        while True:
            done, total, words = _told(dispatcher)
            progress.update(task, completed=done, total=max(total, 1), description=words)
            await asyncio.sleep(REFRESH)


async def _lines(dispatcher: Dispatcher, console: Console) -> None:
    last, due = "", time.monotonic() + LINE_EVERY
    while True:
        await asyncio.sleep(REFRESH)
        waits = any(work.waits_for for work in dispatcher.sites)
        words = _told(dispatcher)[2]
        if time.monotonic() >= due or (waits and words != last):
            console.print(words, highlight=False, soft_wrap=True)
            last, due = words, time.monotonic() + LINE_EVERY

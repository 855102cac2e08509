"""Run one coroutine on Twisted's asyncio reactor, with Ctrl-C that ends cleanly.

The first SIGINT or SIGTERM calls the stopper; a second one ends the process at once, and the next start finishes
what the archive was left with.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from scrapy.utils.reactor import install_reactor

T = TypeVar("T")

_INTERRUPTED = 130


class Stopper:
    """Hears the signals; `on_stop` is told of the first one, also where it came before there was anybody to tell."""

    def __init__(self) -> None:
        self.asked = False
        self._tell: Callable[[], None] | None = None

    def on_stop(self, tell: Callable[[], None]) -> None:
        """Set whom to tell, on the event loop."""
        self._tell = tell
        if self.asked:
            tell()

    def ask(self) -> None:
        """Take a signal."""
        if self.asked:
            os._exit(_INTERRUPTED)
        self.asked = True
        if self._tell is not None:
            self._tell()


def run(main: Callable[[Stopper], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a fresh reactor; once a process."""
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor as twisted_reactor  # noqa: PLC0415  # only after it was installed

    reactor: Any = twisted_reactor
    outcome: list[T] = []
    failure: list[BaseException] = []
    stopper = Stopper()

    async def conduct() -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stopper.ask)
        try:
            outcome.append(await main(stopper))
        except BaseException as error:  # noqa: BLE001  # carried out of the reactor, raised below
            failure.append(error)
        finally:
            reactor.stop()

    tasks: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(lambda: tasks.append(asyncio.ensure_future(conduct())))
    reactor.run(installSignalHandlers=False)
    if failure:
        raise failure[0]
    return outcome[0]

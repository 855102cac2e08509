"""Ways to mistreat a caller that several rows share."""

from __future__ import annotations

import gzip
import zlib

from hostile_server import Behaviour, Caller, page
from misbehaviour import Fate, Misbehaviour

TEXT = b"<!doctype html><title>hostile</title><p>lapwing"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


def then_close(data: bytes) -> Behaviour:
    """Say this and hang up."""

    async def act(caller: Caller) -> None:
        await caller.say(data)
        caller.hang_up()

    return act


def then_reset(data: bytes) -> Behaviour:
    """Say this and send RST."""

    async def act(caller: Caller) -> None:
        await caller.say(data)
        await caller.wait(0.1)  # so that what was said arrives before the reset throws it away
        caller.reset()

    return act


def then_hold(data: bytes) -> Behaviour:
    """Say this and nothing more, but stay."""

    async def act(caller: Caller) -> None:
        await caller.say(data)
        await caller.hold()

    return act


def drip(data: bytes, every: bytes) -> Behaviour:
    """Say this, then a piece every two seconds, for as long as somebody listens."""

    async def act(caller: Caller) -> None:
        await caller.say(data)
        while True:
            await caller.say(every)
            await caller.wait(2.0)

    return act


def endless(data: bytes, again: bytes) -> Behaviour:
    """Say this, then a piece as fast as it goes, for ever."""

    async def act(caller: Caller) -> None:
        await caller.say(data)
        while True:
            await caller.say(again)

    return act


def coded(body: bytes, coding: str) -> bytes:
    """Return a page whose body claims a content coding."""
    return page(body, f"Content-Encoding: {coding}")


def bomb(megabytes: int, start: bytes = b"") -> bytes:
    """Return gzip that becomes so much (about 1000:1)."""
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packed.compress(start)]
    parts += [packed.compress(bytes(1 << 20)) for _ in range(megabytes)]
    return b"".join([*parts, packed.flush()])


def squeezed(body: bytes) -> bytes:
    """Return a body in gzip."""
    return gzip.compress(body, 1)


def no_answer(name: str, does: str, said: bytes, words: str = "") -> Misbehaviour:
    """Return a row whose answer is none: asked for three times, then on record as unreachable."""
    return Misbehaviour(
        name=name,
        does=does,
        answer=then_close(said),
        fate=Fate.NOTHING,
        rule="unreachable",
        words=words,
        times=3,
    )

"""Fuzz everything that reads rights: ``python tests/benchmarks/fuzz_observers.py --seconds 600 --seed 1``.

The golden corpus is the seed.  Each round takes a case, mutates the bytes of its parts (flips, cuts, splices with
another case, words of the corpus put elsewhere, repeats without end), and checks the laws of tests/licences/fuzz_target.
An input that breaks one is made smaller while it still breaks it, and kept under tests/cases/fuzz, where the suite
reads it from then on.  At the end: how long, how many, how fast, the slowest input, and what was found.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "licences")]

from fuzz_crashers import FOLDER, dump_crasher  # noqa: E402 - the path comes first
from fuzz_target import LONGEST, Input, check  # noqa: E402 - the path comes first
from golden_corpus import corpus  # noqa: E402 - the path comes first

_BOUND = 2.0  # seconds: no input may take longer, on whatever machine this runs
_PARTS = ("body", "body", "body", "head", "robots", "site")  # the body three times as often
_INTERESTING = [b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"<!--", b"-->", b"]]>", b"&#0;", b"\\ud800", b"%00", b'"', b"'", b"{", b"[", b"<"]  # fmt: skip

Mutation = Callable[[bytes, bytes, random.Random], bytes]


def _flip(data: bytes, _: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _unused in range(dice.randint(1, 8)):
        if changed:
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(data: bytes, _: bytes, dice: random.Random) -> bytes:
    start, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    return data[:start] + data[end:]


def _end(data: bytes, _: bytes, dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))]


def _splice(data: bytes, other: bytes, dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))] + other[dice.randint(0, len(other)) :]


def _insert(data: bytes, other: bytes, dice: random.Random) -> bytes:
    at, start = dice.randint(0, len(data)), dice.randint(0, len(other))
    return data[:at] + other[start : start + dice.randint(1, 200)] + data[at:]


def _interesting(data: bytes, _: bytes, dice: random.Random) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + dice.choice(_INTERESTING) * dice.choice([1, 1, 1, 2, 50]) + data[at:]


def _repeat(data: bytes, _: bytes, dice: random.Random) -> bytes:
    start = dice.randint(0, len(data))
    piece = data[start : start + dice.randint(1, 60)]
    return data[:start] + piece * dice.choice([2, 10, 100, 2000]) + data[start:]


def _swap_case(data: bytes, _: bytes, dice: random.Random) -> bytes:
    start, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
    return data[:start] + data[start:end].swapcase() + data[end:]


_MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _end, _splice, _insert, _interesting, _repeat, _swap_case)


@dataclass(slots=True)
class Campaign:
    """A fuzz run: its dice, its seeds, and what it found."""

    dice: random.Random
    seeds: list[Input]
    inputs: int = 0
    observations: int = 0
    slowest: tuple[float, str] = (0.0, "")
    finds: dict[str, str] = field(default_factory=dict)  # by where it broke; the crasher's file

    def run(self, seconds: float) -> None:
        """Try mutated inputs until the time is over."""
        end = perf_counter() + seconds
        while perf_counter() < end:
            sent = self._mutated()
            broken, took = _tried(sent)
            self.inputs += 1
            if took > self.slowest[0]:
                self.slowest = (took, sha256(sent.body).hexdigest()[:12])
            if broken is None and took > _BOUND:
                broken = "slow", f"took {took:.2f} s"
            if broken is not None:
                self._keep(sent, *broken)

    def _mutated(self) -> Input:
        sent, other = self.dice.choice(self.seeds), self.dice.choice(self.seeds)
        for _ in range(self.dice.choice([1, 1, 2, 3, 6])):
            part = self.dice.choice(_PARTS)
            mutate = self.dice.choice(_MUTATIONS)
            if part == "site":
                beside = [*other.site.values(), b""][0]
                site = {name: mutate(body, beside, self.dice)[:LONGEST] for name, body in sent.site.items()}
                sent = replace(sent, site=site or other.site)
            else:
                data = mutate(getattr(sent, part), getattr(other, part), self.dice)[:LONGEST]
                sent = replace(sent, **{part: data})
        return sent

    def _keep(self, sent: Input, where: str, what: str) -> None:
        if where in self.finds:
            return
        small = _smaller(sent, where) if where != "slow" else sent
        text = json.dumps(dump_crasher(small, what), indent=1, ensure_ascii=True) + "\n"
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{sha256(where.encode()).hexdigest()[:12]}.json"
        path.write_text(text, encoding="utf-8")
        self.finds[where] = path.name
        print(f"found {path.name}: {where}: {what[:300]}")


def _tried(sent: Input) -> tuple[tuple[str, str] | None, float]:
    """Return where and how an input breaks a law, None when it breaks none; and the seconds it took to read."""
    try:
        return None, check(sent)
    except Exception as error:  # noqa: BLE001 - whatever is raised is a find
        frames = traceback.extract_tb(error.__traceback__)
        inner = [frame for frame in frames if "/site-packages/" not in frame.filename]
        last = inner[-1]
        sort = str(error).partition(":")[0] if type(error).__name__ == "LawBrokenError" else ""
        channel = str(error).partition('"channel": "')[2].partition('"')[0]
        where = f"{type(error).__name__} {sort} {channel} {Path(last.filename).name}:{last.name}"
        return (where, f"{type(error).__name__}: {error}"), 0.0


def _smaller(sent: Input, where: str) -> Input:
    """Return a smaller input that breaks in the same place: halves, quarters, … are left out while it still does."""
    for part in ("body", "robots", "head"):
        size = max(1, len(getattr(sent, part)) // 2)
        while size:
            for shorter in _without(getattr(sent, part), size):
                tried = replace(sent, **{part: shorter})
                if (found := _tried(tried)[0]) is not None and found[0] == where:
                    sent = tried
                    break
            else:
                size //= 2
    return sent


def _without(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[:start] + data[start + size :]


def main() -> int:
    """Run a campaign and print what came of it; 1 when something was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    campaign = Campaign(random.Random(chosen.seed), [Input.of(case) for case in corpus()])
    begun = perf_counter()
    campaign.run(chosen.seconds)
    took = perf_counter() - begun
    print(
        f"{took:.0f} s, seed {chosen.seed}: {campaign.inputs} inputs, {campaign.inputs / took:.0f} a second, "
        f"slowest {campaign.slowest[0] * 1000:.0f} ms, {len(campaign.finds)} finds"
    )
    return 1 if campaign.finds else 0


if __name__ == "__main__":
    sys.exit(main())

"""Signed Teams turns over HTTP, whole conversations, beside botbuilder's own: `python -m bench.teams [--quick]`.

The server has one core, the people and the Teams they sit at the other. The servers stand side by side and are measured
one after another, round by round; figures and ratios are of medians. It measures and prints; it decides nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.store.engine import settings
from bench.stage import Served
from bench.teams_town import Load, Said, Town

LOADS = (1, 8, 32)
MOST = max(LOADS)
KINDS = ("ours", "echo", "waterfall")
NAMES = ("Handrail", "A", "B")

ABOUT = (
    "Signed turns a second over HTTP, whole conversations, each turn committed before its 200 and answered by the",
    "bot's next message. The server has one core, the people and a light Microsoft without limits the other. A: a bare",
    "botbuilder echo that answers with one message and stores nothing. B: a botbuilder-dialogs waterfall of as many",
    "prompts as our conversation has questions, all of them typed, its state in MemoryStorage. Neither has an app id:",
    "it checks no token and asks for none, which is when it is fastest. Wanted: 5 times either with 8 and with 32.",
)

Note = Callable[[str], object]


@dataclass(frozen=True)
class Plan:
    """Rounds, and seconds of each measurement."""

    rounds: int = 3
    seconds: float = 3.0


QUICK = Plan(1, 1.0)


@dataclass
class Figures:
    """Turns a second, microseconds of a processor for each, and seconds to the 200 at half of that with the most at
    once (median, 99 in 100)."""

    said: Said
    rates: dict[Load, float] = field(default_factory=dict)
    costs: dict[Load, float] = field(default_factory=dict)
    acks: dict[str, tuple[float, float]] = field(default_factory=dict)


def measure(plan: Plan, note: Note) -> Figures:
    """All figures; `note` is told how far it has come."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        try:
            return asyncio.run(_measured(Town(Path(folder), (cores[0], cores[-1])), plan, note))
        finally:
            os.sched_setaffinity(0, cores)


async def _measured(town: Town, plan: Plan, note: Note) -> Figures:
    async with town.open(), town.serving(*KINDS) as servers:
        found = Figures(town.said)
        await _rates(town, servers, plan, found, note)
        await _acks(town, servers, plan, found, note)
    return found


async def _rates(town: Town, servers: Mapping[str, Served], plan: Plan, found: Figures, note: Note) -> None:
    loads = [Load(kind, at_once) for at_once in LOADS for kind in KINDS]
    seen: dict[Load, list[tuple[float, float]]] = {load: [] for load in loads}
    for number in range(plan.rounds):
        for load in loads:
            tally = await town.timed(servers[load.kind], load, plan.seconds)
            seen[load].append((tally.rate, tally.cost))
            done = f"{tally.rate:.0f}/s, {tally.cost:.0f} us of a processor each"
            note(f"round {number + 1}: {load.kind} {load.at_once} {done}")
    for load, its in seen.items():
        found.rates[load], found.costs[load] = map(statistics.median, zip(*its, strict=True))


async def _acks(town: Town, servers: Mapping[str, Served], plan: Plan, found: Figures, note: Note) -> None:
    for kind in KINDS:
        load = Load(kind, MOST)
        tally = await town.timed(servers[kind], load, 3 * plan.seconds, found.rates[load] / 2)
        found.acks[kind] = statistics.median(tally.acks), statistics.quantiles(tally.acks, n=100)[-1]
        note(f"{kind} at {tally.rate:.0f}/s: 200 after {_milliseconds(found.acks[kind])}")


def _milliseconds(two: tuple[float, float]) -> str:
    return f"{two[0] * 1000:.0f} ms, 99 of 100 within {two[1] * 1000:.0f} ms"


# --- the page ---


def lines(found: Figures) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| teachers at once | Handrail | A: echo | B: waterfall | of A | of B |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for at_once in LOADS:
        yield _row(f"{at_once}", [found.rates[Load(kind, at_once)] for kind in KINDS], ".0f")
    turns = len(found.said.turns)
    for at_once in LOADS[1:]:
        rates = [found.rates[Load(kind, at_once)] / turns for kind in KINDS]
        yield _row(f"{at_once}, conversations a second", rates, ".1f")
    yield ""
    calls = sum(found.said.calls.values())
    yield f"A conversation has {turns} turns. Ours takes {calls} calls of Teams, A's and B's one"
    yield "for each turn."
    yield ""
    for kind, name in zip(KINDS, NAMES, strict=True):
        cost = found.costs[Load(kind, MOST)]
        yield f"{name}: {cost:.0f} us of a processor for a turn with {MOST}; at half of that load 200 after"
        yield f"{_milliseconds(found.acks[kind])}."


def _row(name: str, rates: Sequence[float], form: str) -> str:
    ours, echo, waterfall = rates
    cells = [name, *(f"{rate:{form}}" for rate in rates), f"{ours / echo:.2f}", f"{ours / waterfall:.2f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a round of a second each: to see that it runs")
    parser.add_argument("--rounds", type=int, default=Plan.rounds)
    chosen = parser.parse_args()
    plan = QUICK if chosen.quick else Plan(rounds=chosen.rounds)
    found = measure(plan, lambda line: sys.stderr.write(f"{line}\n"))
    head = f"{settings()['journal_mode']}, synchronous={settings()['synchronous']}, medians of {plan.rounds} rounds"
    sys.stdout.write("\n".join([head, "", *lines(found)]) + "\n")


if __name__ == "__main__":
    main()

"""Signed Slack turns over HTTP, whole conversations, beside a bare Bolt echo: `python -m bench.slack [--quick]`.

The server has one core, the people and the Slack they sit at the other. The servers stand side by side and are measured
one after another, round by round; figures and ratios are of medians. It measures and prints; it decides nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.store.engine import settings
from bench.slack_town import Load, Said, Town
from bench.stage import Served

LOADS = (1, 8, 32)
MOST = max(LOADS)
KINDS = ("ours", "echo", "row")
FORMS = tuple(Load(kind, MOST, forms=True) for kind in KINDS)
PACED = ((8, 4.0), (32, 12.0))
"""With Slack's limits on: how many at once, and the seconds from one turn of each to their next."""

ABOUT = (
    "Signed turns a second over HTTP, whole conversations, each turn committed before its 200 and answered by the",
    "bot's next message. The server has one core, the people and a light Slack without limits the other. A: a bare",
    "Bolt app that answers with one message and stores nothing, with one session for all of its calls. A2: the same",
    "with one committed row (raw sqlite3 on a thread of its own, one commit each, the same journal mode). Wanted: 1.0",
    "of A2 at each load; with 32 at least 0.8 of A; 99 of 100 have their 200 within 100 ms at half load; memory flat.",
)

Note = Callable[[str], object]


@dataclass(frozen=True)
class Plan:
    """Rounds, seconds of each measurement, conversations before the first look at memory."""

    rounds: int = 3
    seconds: float = 2.0
    conversations: int = 200
    paced_seconds: float = 40.0


QUICK = Plan(1, 1.0, 8, 4.0)


@dataclass
class Figures:
    """Turns a second, seconds to the 200 at half of that (median, 99 in 100), seconds to an answer with Slack's limits
    on (the same), megabytes after so many conversations and after four times as many."""

    said: Said
    rates: dict[Load, float] = field(default_factory=dict)
    acks: dict[Load, tuple[float, float]] = field(default_factory=dict)
    paced: dict[int, tuple[float, float]] = field(default_factory=dict)
    memory: tuple[float, float] = (0.0, 0.0)


def measure(plan: Plan, note: Note) -> Figures:
    """All figures; `note` is told how far it has come."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        try:
            return asyncio.run(_measured(Town(Path(folder), (cores[0], cores[-1])), plan, note))
        finally:
            os.sched_setaffinity(0, cores)


async def _measured(town: Town, plan: Plan, note: Note) -> Figures:
    async with town.open():
        async with town.serving(*KINDS) as servers:
            found = Figures(await town.rehearse(servers["ours"]))
            await _rates(town, servers, plan, found, note)
            await _acks(town, servers, plan, found, note)
        await _paced(town, plan, found, note)
        await _memory(town, plan, found, note)
    return found


async def _rates(town: Town, servers: dict[str, Served], plan: Plan, found: Figures, note: Note) -> None:
    loads = [*(Load(kind, at_once) for at_once in LOADS for kind in KINDS), *FORMS]
    seen: dict[Load, list[float]] = {load: [] for load in loads}
    for number in range(plan.rounds):
        for load in loads:
            tally = await town.timed(servers[load.kind], load, plan.seconds)
            seen[load].append(tally.rate)
            note(f"round {number + 1}: {_name(load)} {tally.rate:.0f}/s, {tally.cost:.0f} us of a processor each")
    found.rates = {load: statistics.median(rates) for load, rates in seen.items()}


async def _acks(town: Town, servers: dict[str, Served], plan: Plan, found: Figures, note: Note) -> None:
    for kind in KINDS:
        load = Load(kind, MOST)
        tally = await town.timed(servers[kind], load, 3 * plan.seconds, found.rates[load] / 2)
        found.acks[load] = _two(tally.acks)
        note(f"{kind} at {tally.rate:.0f}/s: 200 after {_milliseconds(found.acks[load])}")


async def _paced(town: Town, plan: Plan, found: Figures, note: Note) -> None:
    async with town.serving("paced") as servers:
        for at_once, pause in PACED:
            load = Load("paced", at_once)
            tally = await town.timed(servers["paced"], load, plan.paced_seconds, at_once / pause)
            found.paced[at_once] = _two(tally.answers)
            note(f"paced {at_once}: answered after {_milliseconds(found.paced[at_once])}")


async def _memory(town: Town, plan: Plan, found: Figures, note: Note) -> None:
    async with town.serving("ours") as servers:
        held = []
        for count in (plan.conversations, 3 * plan.conversations):
            await town.conversations(servers["ours"], count, MOST)
            held.append(servers["ours"].megabytes())
            note(f"{held[-1]:.1f} MB after {count} more conversations")
        found.memory = (held[0], held[1])


def _name(load: Load) -> str:
    return f"{load.kind} {load.at_once}{' in forms' if load.forms else ''}"


def _two(seconds: Sequence[float]) -> tuple[float, float]:
    """The median, and what 99 of 100 stay below."""
    return statistics.median(seconds), statistics.quantiles(seconds, n=100)[-1]


def _milliseconds(two: tuple[float, float]) -> str:
    return f"{two[0] * 1000:.0f} ms, 99 of 100 within {two[1] * 1000:.0f} ms"


# --- the page ---


def lines(found: Figures, plan: Plan) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| teachers at once | Handrail | A: echo | A2: echo, one row | of A | of A2 |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for at_once in LOADS:
        yield _row(str(at_once), [found.rates[Load(kind, at_once)] for kind in KINDS])
    yield _row(f"{MOST}, words in private forms", [found.rates[load] for load in FORMS])
    yield ""
    yield f"A conversation has {len(found.said.turns)} turns and takes {found.said.calls} calls of Slack."
    yield ""
    for kind, name in zip(KINDS, ("Handrail", "A", "A2"), strict=True):
        yield f"{name} at half of that with {MOST}: 200 after {_milliseconds(found.acks[Load(kind, MOST)])}."
    for at_once, pause in PACED:
        yield (
            f"With Slack's limits on, {at_once} teachers who each do something every {pause:.0f} s have their answer "
            f"after {_milliseconds(found.paced[at_once])}."
        )
    few, many = found.memory
    count = plan.conversations
    yield f"Memory: {few:.0f} MB after {count} conversations, {many:.0f} MB after {4 * count} ({many / few:.2f} times)."


def _row(name: str, rates: Sequence[float]) -> str:
    ours, echo, row = rates
    return f"| {name} | {ours:.0f} | {echo:.0f} | {row:.0f} | {ours / echo:.2f} | {ours / row:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a round of a second each: to see that it runs")
    parser.add_argument("--rounds", type=int, default=Plan.rounds)
    chosen = parser.parse_args()
    plan = QUICK if chosen.quick else Plan(rounds=chosen.rounds)
    found = measure(plan, lambda line: sys.stderr.write(f"{line}\n"))
    head = f"{settings()['journal_mode']}, synchronous={settings()['synchronous']}, medians of {plan.rounds} rounds"
    sys.stdout.write("\n".join([head, "", *lines(found, plan)]) + "\n")


if __name__ == "__main__":
    main()

"""Every figure, in one run: `make bench`. Prints as it goes, and writes docs/figures.md with date and commit."""

from __future__ import annotations

import argparse
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from adapters.store.engine import settings
from bench import command, slack, teams, turns

PAGE = Path(__file__).resolve().parent.parent / "docs" / "figures.md"
MILLION = 1_000_000


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=MILLION, help="stored cases of the second run")
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    lines = [*_measured(chosen.cases, chosen.rounds), *_slack(slack.Plan()), *_teams(teams.Plan())]
    PAGE.write_text("\n".join([*_head(), *lines]) + "\n", encoding="utf-8")


def _measured(cases: int, rounds: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        empty, full = turns.measure(Path(folder), cases=(0, cases), rounds=rounds, count=640)
    yield from _said(
        _row("stored cases", "bare commits/s", "turns/s, one at a time", "of bare", "32 at once", "of bare")
    )
    yield from _said(_row(*["---"] * 6), *(_figures(found) for found in (empty, full)))
    one, many = empty.one / full.one, empty.many / full.many
    yield from _said("", f"Among {cases:,} cases a turn costs {one:.2f} times as much one at a time, {many:.2f} times")
    yield from _said("with 32 at once (wanted: 1.1 or less).")
    yield from _said(
        "", f"An open conversation leaves {turns.bytes_per_conversation():.0f} bytes in the process (wanted: 0)."
    )
    yield from _said(
        "", f"`handrail contacts` takes {command.measure():.2f} times `import pydantic.main` (wanted: 3 or less)."
    )


def _slack(plan: slack.Plan) -> Iterator[str]:
    found = slack.measure(plan, lambda line: sys.stderr.write(f"{line}\n"))
    yield from _said("", "## Slack", "", *slack.ABOUT, "", *slack.lines(found, plan))


def _teams(plan: teams.Plan) -> Iterator[str]:
    found = teams.measure(plan, lambda line: sys.stderr.write(f"{line}\n"))
    yield from _said("", "## Teams", "", *teams.ABOUT, "", *teams.lines(found))


def _figures(found: turns.Figures) -> str:
    one, many = found.one / found.bare, found.many / found.bare
    rates = (f"{found.bare:.0f}", f"{found.one:.0f}", f"{one:.2f}", f"{found.many:.0f}", f"{many:.2f}")
    return _row(f"{found.cases:,}", *rates)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _said(*lines: str) -> tuple[str, ...]:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    return lines


def _head() -> tuple[str, ...]:
    journal = settings()
    return (
        "# Figures",
        "",
        "Written by `make bench`. Rounds are interleaved, figures are medians, ratios are of medians of one run.",
        f"Measured on {datetime.now(UTC):%d %B %Y}, commit {_commit()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version} ({journal['journal_mode']}, synchronous={journal['synchronous']}).",
        "",
        "A turn is one thing a member of staff does: heard, decided, committed durably. Wanted of bare commits:",
        "at least 0.4 one at a time and 1.0 with 32 conversations at once.",
        "",
    )


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"  # noqa: S603


if __name__ == "__main__":
    main()

"""A number to ring and how it reads: as a line for people, and as JSON. Pure.

Only what the trust's file says of a service may enter: no case and nothing anybody wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.hours import Status, london


@dataclass(frozen=True, slots=True)
class Number:
    """A service that can be rung, as it is at the minute `at`; times in UTC.

    `verified_on` is a date or "never"; `note` says in plain words what to know and what is not verified. One without a
    telephone has its web address in `web`.
    """

    name: str
    phone: str
    status: Status
    at: datetime
    what_for: str = ""
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    source: tuple[str, ...] = ()
    verified_on: str = "never"
    note: str = ""
    audience: str = "staff"
    agency: str = ""
    email: str = ""
    web: str = ""
    stale: bool = False
    advised: bool = False
    probably_closed: bool = False


def lines(shown: Iterable[Number]) -> tuple[str, ...]:
    """One line for each number, in the time that people here read; when one is stale, a last line says since when."""
    every = tuple(shown)
    return (*(_line(number) for number in every), *_checked(every))


def to_ring(number: Number) -> str:
    """A service in a few words: its name if it has one of its own, its telephone, and whether it is open."""
    name = number.name if number.name != number.what_for else ""
    return ", ".join(filter(None, (name, number.phone, _state(number))))


def to_json(shown: Iterable[Number]) -> str:
    """A JSON list; times carry London's offset of that day."""
    return json.dumps([_plain(number) for number in shown], indent=2, ensure_ascii=False)


def long_date(day: date) -> str:
    """A date as people write it: `1 September 2019`."""
    return f"{day.day} {day:%B %Y}"


def _line(number: Number) -> str:
    name = number.name if number.name != number.what_for else ""
    what = ": ".join(filter(None, (number.what_for, name)))
    if not number.phone:
        return " ".join(filter(None, (f"{what}.", number.note, number.web or number.email)))
    reached = (f"{what}{', ' if name else ': '}{number.phone}", number.email, _state(number))
    return " ".join(filter(None, (", ".join(filter(None, reached)) + ".", number.note)))


def _checked(shown: Sequence[Number]) -> tuple[str, ...]:
    """Said once for all of them: the days on which those that were ever checked were last checked."""
    if not any(number.stale for number in shown):
        return ()
    days = sorted({number.verified_on for number in shown if number.verified_on != "never"})
    said = " or ".join(long_date(date.fromisoformat(day)) for day in days)
    return (f"{'These numbers were' if len(shown) > 1 else 'This number was'} last checked on {said}.",)


def _state(number: Number) -> str:
    match number.status:
        case Status.ALWAYS:
            return "always open"
        case Status.UNKNOWN:
            return "hours not known"
        case Status.OPEN:
            return f"open until {_when(number.closes_at, number.at)}" if number.closes_at else "open now"
        case Status.CLOSED:
            return f"closed, opens {_when(number.opens_at, number.at)}" if number.opens_at else "closed"


def _when(moment: datetime, at: datetime) -> str:
    there, here = moment.astimezone(london()), at.astimezone(london())
    days = (there.date() - here.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"on {there:%A} {there.day} {there:%B}")
    return f"{there:%H:%M} {day}"


def _plain(number: Number) -> dict[str, object]:
    return {
        "name": number.name,
        "phone": number.phone,
        "status": number.status.value,
        "opens_at": _iso(number.opens_at),
        "closes_at": _iso(number.closes_at),
        "source": list(number.source),
        "verified_on": number.verified_on,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(london()).isoformat() if moment else None

"""Opening hours: is it open at that minute, and when does that change; right at bank holidays and clock changes. Pure.

Hours are OpenStreetMap `opening_hours` text, or "always", or "unknown". No contact and no person may enter.

Two things the library `opening_hours` gets wrong are done here, both measured. It knows Great Britain only as a whole
and takes Easter Monday and the August bank holiday for working days: so England's bank holidays are written into the
text as plain dates. With a time zone it miscounts the hour that comes twice in October: so it is only ever asked about
wall-clock time, and the step to and from UTC is ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, validate

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BARE = re.compile(r"\b(SH|easter|dawn|dusk|sunrise|sunset)\b")
_BANK_HOLIDAY_RULE = re.compile(r"PH\s+(?P<then>[^;]+)")
_WORDS = {
    "Mo": "Mon",
    "Tu": "Tue",
    "We": "Wed",
    "Th": "Thu",
    "Fr": "Fri",
    "Sa": "Sat",
    "Su": "Sun",
    "PH off": "closed on bank holidays",
    "off": "closed",
    ",": " and ",
}
_SHORT = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su|PH off|off)\b|,")

# What the library `holidays` answers for England, kept here because importing it takes longer than `handrail contacts`
# may. A test holds the two equal; a year that is not here is asked of the library.
_BANK_HOLIDAYS = {
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-25 12-26 12-27 12-28",
    2028: "01-01 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
    2029: "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26",
}


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALWAYS = "always"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opening:
    """The state at a minute. `opens_at` is set while closed and `closes_at` while open, in UTC; None is "not known"."""

    status: Status
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def london() -> ZoneInfo:
    """The clock that people here read."""
    return ZoneInfo("Europe/London")


def status(hours: str, at: datetime) -> Opening:
    """Whether `hours` are open at `at`, and until or from when. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a time zone")
    return _in_the_minute(hours, at.astimezone(UTC).replace(second=0, microsecond=0))


@lru_cache(maxsize=512)
def _in_the_minute(hours: str, minute: datetime) -> Opening:
    """Hours are written in minutes: within one, nothing opens and nothing closes."""
    if hours in (Status.ALWAYS, Status.UNKNOWN):
        return Opening(Status(hours))
    return _read(_week(hours, minute.astimezone(london()).year), minute)


def opposite(daytime: Opening) -> Opening:
    """The hours of the service that takes over exactly while another is shut."""
    match daytime.status:
        case Status.OPEN:
            return Opening(Status.CLOSED, opens_at=daytime.closes_at)
        case Status.CLOSED:
            return Opening(Status.OPEN, closes_at=daytime.opens_at)
        case Status.ALWAYS:
            return Opening(Status.CLOSED)
        case Status.UNKNOWN:
            return daytime


def in_words(hours: str) -> str:
    """Hours as people write them: `Mon to Thu 08:30 to 17:00, Fri 08:30 to 16:30, closed on bank holidays`."""
    if hours in (Status.ALWAYS, "24/7"):
        return "day and night"
    if hours == Status.UNKNOWN:
        return "hours not known"
    spoken = _SHORT.sub(lambda found: _WORDS[found.group()], hours)
    return re.sub(r"\s*;\s*", ", ", re.sub(r"(?<=\w)-(?=\w)", " to ", spoken))


def check_hours(hours: str) -> None:
    """Raises ValueError, saying what is wrong, if `hours` cannot be read."""
    if hours in (Status.ALWAYS, Status.UNKNOWN):
        return
    if odd := _BARE.search(hours):
        raise ValueError(f'"{odd.group()}" cannot be used in hours here; write days and clock times')
    if any("PH" in rule and not _BANK_HOLIDAY_RULE.fullmatch(rule) for rule in _rules(hours)):
        raise ValueError('bank holidays must stand alone after a semicolon, as in "; PH off"')
    if not validate(hours):
        raise ValueError(f'"{hours}" cannot be read as opening hours')


def _rules(hours: str) -> tuple[str, ...]:
    return tuple(rule.strip() for rule in hours.split(";"))


@lru_cache(maxsize=512)
def _week(hours: str, year: int) -> OpeningHours:
    """The hours with the bank holidays of `year` and the next written out as dates."""
    plain = [dated for rule in _rules(hours) for dated in _dated(rule, year)]
    return OpeningHours("; ".join(plain))


def _dated(rule: str, year: int) -> tuple[str, ...]:
    """`PH off` as one rule for each date: a list of dates in one rule would be open all day (measured)."""
    bank_holiday = _BANK_HOLIDAY_RULE.fullmatch(rule)
    if not bank_holiday:
        return (rule,)
    days = bank_holidays(year) + bank_holidays(year + 1)
    return tuple(f"{day_name(day)} {bank_holiday['then']}" for day in days)


def day_name(day: date) -> str:
    """A date as hours write it: `2026 Apr 06`."""
    return f"{day.year} {_MONTHS[day.month - 1]} {day.day:02}"


@lru_cache(maxsize=16)
def bank_holidays(year: int) -> tuple[date, ...]:
    """England's bank holidays of a year."""
    if year in _BANK_HOLIDAYS:
        return tuple(date.fromisoformat(f"{year}-{day}") for day in _BANK_HOLIDAYS[year].split())
    from holidays import country_holidays  # noqa: PLC0415 (a tenth of a second, seldom needed)

    return tuple(sorted(country_holidays("GB", subdiv="ENG", years=[year])))


def _read(week: OpeningHours, at: datetime) -> Opening:
    if week.is_unknown(_wall(at)):
        return Opening(Status.UNKNOWN)
    change = _next_change(week, at)
    if not week.is_open(_wall(at)):
        return Opening(Status.CLOSED, opens_at=change)
    return Opening(Status.OPEN, closes_at=change) if change else Opening(Status.ALWAYS)


def _next_change(week: OpeningHours, at: datetime) -> datetime | None:
    """The next minute, in UTC, at which the state is another one."""
    wall = week.next_change(_wall(at))
    if wall is None:
        return None
    change = at + (wall - _wall(at))
    if _offset(at) == _offset(change):
        return change
    turn = _clock_change(at, change)
    if week.is_open(_wall(turn)) != week.is_open(_wall(at)):
        return turn
    return _next_change(week, turn)


def _clock_change(before: datetime, after: datetime) -> datetime:
    """The minute between the two at which London's clocks change."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(middle) == _offset(before) else (before, middle)
    return after.replace(second=0, microsecond=0)


def _wall(at: datetime) -> datetime:
    return at.astimezone(london()).replace(tzinfo=None)


def _offset(at: datetime) -> timedelta:
    return at.astimezone(london()).utcoffset() or timedelta(0)

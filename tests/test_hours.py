"""Opening hours are right to the minute: printed boundaries, England's bank holidays, both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hours import Opening, Status, bank_holidays, check_hours, in_words, opposite, status

OFFICE = "Mo-Th 08:30-17:00; Fr 08:30-16:30; PH off"
LONDON = ZoneInfo("Europe/London")
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 12, 31, 23, 59, tzinfo=UTC)

# GOV.UK, "UK bank holidays", England and Wales.
GOV_UK = [
    *("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28"),
    *("2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28"),
    *("2028-01-03", "2028-04-14", "2028-04-17", "2028-05-01", "2028-05-29", "2028-08-28", "2028-12-25", "2028-12-26"),
]
CLOCK_CHANGES = [
    *(datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    *(datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)),
    *(datetime(2028, 3, 26, 1, tzinfo=UTC), datetime(2028, 10, 29, 1, tzinfo=UTC)),
]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def oracle(at: datetime) -> bool:
    """The office, worked out without the library: weekday, clock, GOV.UK's list."""
    wall = at.astimezone(LONDON)
    closes = {4: time(16, 30)}.get(wall.weekday(), time(17))
    working = wall.weekday() < 5 and wall.date().isoformat() not in GOV_UK
    return working and time(8, 30) <= wall.time() < closes


def is_open(hours: str, at: datetime) -> bool:
    return status(hours, at).status is Status.OPEN


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        ("2026-11-19T08:29", False),
        ("2026-11-19T08:30", True),
        ("2026-11-19T16:59", True),
        ("2026-11-19T17:00", False),
        ("2026-11-20T16:29", True),
        ("2026-11-20T16:30", False),
        ("2026-11-20T16:31", False),
        ("2026-11-21T10:00", False),
        ("2026-12-25T23:10", False),
        ("2026-12-24T12:00", True),
    ],
)
def test_an_office_opens_and_closes_at_the_printed_minute(minute: str, expected: bool) -> None:
    assert is_open(OFFICE, local(minute)) is expected


@pytest.mark.parametrize("day", GOV_UK)
def test_every_bank_holiday_of_england_is_closed_all_day_and_the_day_before_knows(day: str) -> None:
    for hour in range(24):
        assert not is_open(OFFICE, local(f"{day}T{hour:02}:45"))
    opens = status(OFFICE, local(f"{day}T00:00")).opens_at
    assert opens is not None
    assert opens.astimezone(LONDON).date() > date.fromisoformat(day)
    assert oracle(opens)
    assert not oracle(opens - timedelta(minutes=1))


def test_christmas_night_opens_again_on_the_tuesday_after_the_substitute_day() -> None:
    found = status(OFFICE, local("2026-12-25T23:10"))
    assert found == Opening(Status.CLOSED, opens_at=datetime(2026, 12, 29, 8, 30, tzinfo=UTC))


def test_the_kept_table_of_bank_holidays_is_the_librarys() -> None:
    for year in range(2025, 2031):
        assert set(bank_holidays(year)) == set(country_holidays("GB", subdiv="ENG", years=[year]))


def test_a_year_outside_the_kept_table_still_has_its_bank_holidays() -> None:
    assert not is_open(OFFICE, local("2035-03-26T10:00"))
    assert is_open(OFFICE, local("2035-03-27T10:00"))


@pytest.mark.parametrize("turn", CLOCK_CHANGES)
@pytest.mark.parametrize("opens", ["00:30-01:30", "01:00-02:00", "01:30-02:30", "00:00-24:00"])
def test_around_each_clock_change_every_minute_is_what_the_clock_on_the_wall_says(turn: datetime, opens: str) -> None:
    first, last = opens.split("-")
    minute, end = turn - timedelta(hours=4), turn + timedelta(hours=4)
    states: list[tuple[datetime, bool]] = []
    while minute < end:
        wall = minute.astimezone(LONDON).strftime("%H:%M")
        states.append((minute, first <= wall < last))
        assert is_open(f"Mo-Su {opens}; We 09:00-10:00", minute) is states[-1][1], minute
        minute += timedelta(minutes=1)
    _next_changes_agree(f"Mo-Su {opens}; We 09:00-10:00", states)


def _next_changes_agree(hours: str, states: list[tuple[datetime, bool]]) -> None:
    change = None
    for (minute, now), (later, then) in reversed(list(pairwise(states))):
        change = later if now != then else change
        if change:
            found = status(hours, minute)
            assert (found.closes_at if now else found.opens_at) == change, minute


@pytest.mark.parametrize("turn", CLOCK_CHANGES)
def test_the_week_around_each_clock_change_is_what_the_oracle_says_minute_by_minute(turn: datetime) -> None:
    minute, end = turn - timedelta(days=3), turn + timedelta(days=2)
    while minute < end:
        assert is_open(OFFICE, minute) is oracle(minute), minute
        minute += timedelta(minutes=1)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
@settings(max_examples=2000, deadline=None)
def test_at_any_moment_the_state_and_the_next_change_are_the_oracles(at: datetime) -> None:
    found = status(OFFICE, at)
    assert (found.status is Status.OPEN) is oracle(at)
    change = found.closes_at if oracle(at) else found.opens_at
    assert change is not None
    assert change > at
    assert oracle(change) is not oracle(at)
    assert oracle(change - timedelta(minutes=1)) is oracle(at)


def test_the_oracle_can_disagree_when_bank_holidays_are_forgotten() -> None:
    forgetful = OFFICE.replace("; PH off", "")
    assert any(is_open(forgetful, local(f"{day}T10:00")) is not oracle(local(f"{day}T10:00")) for day in GOV_UK)


def test_always_and_unknown_are_said_as_such() -> None:
    assert status("always", FIRST) == Opening(Status.ALWAYS)
    assert status("24/7", FIRST) == Opening(Status.ALWAYS)
    assert status("unknown", FIRST) == Opening(Status.UNKNOWN)


def test_one_that_takes_over_is_open_exactly_while_the_other_is_shut() -> None:
    shut = status(OFFICE, local("2026-11-20T16:31"))
    assert opposite(shut) == Opening(Status.OPEN, closes_at=shut.opens_at)
    at_work = status(OFFICE, local("2026-11-20T16:29"))
    assert opposite(at_work) == Opening(Status.CLOSED, opens_at=at_work.closes_at)
    assert opposite(Opening(Status.UNKNOWN)) == Opening(Status.UNKNOWN)
    assert opposite(Opening(Status.ALWAYS)) == Opening(Status.CLOSED)


def test_a_bank_holiday_may_have_hours_of_its_own() -> None:
    hours = "Mo-Fr 09:00-17:00; PH 10:00-12:00"
    assert is_open(hours, local("2026-04-06T11:00"))
    assert not is_open(hours, local("2026-04-06T14:00"))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        status(OFFICE, datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    "hours",
    [
        "",
        "9-5",
        "Monday 9:00-10:00",
        "Mo-Fr 09:00-17:00 PH off",
        "Mo-Fr,PH 09:00-10:00",
        "Mo-Fr 9am-5pm",
        "SH off",
        "shut",
    ],
)
def test_hours_that_cannot_be_read_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_hours(hours)


def test_hours_are_put_in_words_for_paper() -> None:
    assert in_words(OFFICE) == "Mon to Thu 08:30 to 17:00, Fri 08:30 to 16:30, closed on bank holidays"
    assert in_words("Mo-Fr 08:00-22:00; Sa,Su 09:00-18:00") == "Mon to Fri 08:00 to 22:00, Sat and Sun 09:00 to 18:00"
    assert in_words("always") == "day and night"
    assert in_words("unknown") == "hours not known"

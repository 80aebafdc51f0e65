"""Slack's rates are kept, what matters more is never held up by what matters less, and everything passes in the end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.pace import Pace
from adapters.slack.send import slack_pace
from bot.message import Lane

HERE = "slack:channel:C0EXAMPLE01"

lanes = st.sampled_from(list(Lane))
waits = st.floats(0.0, 3.0)
places = st.sampled_from([f"slack:person:U0EXAMPLE{number}" for number in range(8)])


@dataclass(frozen=True)
class Asked:
    place: str
    lane: Lane
    after: float


asked = st.lists(st.builds(Asked, places, lanes, waits), min_size=1, max_size=150)


def taken(pace: Pace, all_asked: list[Asked], *, in_place: bool) -> list[tuple[float, str]]:
    """When and where something left."""
    now, left = 1000.0, []
    for one in all_asked:
        now += one.after
        if pace.hold(one.place, one.lane, in_place, now) == 0.0:
            left.append((now, one.place))
    return left


def most_above(times: list[float], each_second: float) -> float:
    """By how much any stretch of time went over so many a second."""
    return max(
        (last - first + 1 - each_second * (end - begin))
        for first, begin in enumerate(times)
        for last, end in enumerate(times)
        if last >= first
    )


@given(asked)
@settings(max_examples=80, deadline=None)
def test_no_stretch_of_time_has_more_posts_than_slack_takes(all_asked: list[Asked]) -> None:
    left = taken(slack_pace(), all_asked, in_place=False)
    if left:
        assert most_above([at for at, _ in left], 5.0) <= 60.0 + 1e-6
    for place in {place for _, place in left}:
        assert most_above([at for at, where in left if where == place], 1.0) <= 5.0 + 1e-6


@given(asked)
@settings(max_examples=80, deadline=None)
def test_no_stretch_of_time_has_more_updates_than_slack_takes(all_asked: list[Asked]) -> None:
    left = taken(slack_pace(), all_asked, in_place=True)
    if left:
        assert most_above([at for at, _ in left], 50.0 / 60.0) <= 20.0 + 1e-6
    for place in {place for _, place in left}:
        assert most_above([at for at, where in left if where == place], 1.0) <= 3.0 + 1e-6


def test_a_pace_without_limits_would_go_over_them() -> None:
    left = taken(Pace.open(), [Asked(HERE, Lane.COSMETIC, 0.0)] * 200, in_place=False)
    assert most_above([at for at, _ in left], 5.0) == 200.0


@given(st.lists(st.tuples(places, st.sampled_from([lane for lane in Lane if lane is not Lane.HANDOFF]), waits)))
@settings(max_examples=80, deadline=None)
def test_a_handoff_is_never_held_by_what_matters_less(drained: list[tuple[str, Lane, float]]) -> None:
    for in_place in (False, True):
        pace, now = slack_pace(), 1000.0
        for place, lane, after in drained:
            now += after / 100
            pace.hold(place, lane, in_place, now)
        prompts_only = all(lane is not Lane.ESCALATION for _, lane, _ in drained)
        assert pace.hold("slack:channel:C0ELSEWHERE", Lane.HANDOFF, in_place, now) == 0.0
        if prompts_only and not in_place:
            assert pace.hold(drained[0][0] if drained else HERE, Lane.HANDOFF, in_place, now) == 0.0


@pytest.mark.parametrize(("in_place", "burst"), [(False, 60), (True, 20)])
@pytest.mark.parametrize(
    ("lane", "share"),
    [(Lane.HANDOFF, 1.0), (Lane.ESCALATION, 0.9), (Lane.RECEIPT, 0.75), (Lane.PROMPT, 0.6), (Lane.COSMETIC, 0.4)],
)
def test_each_lane_leaves_its_share_of_the_burst_to_those_above_it(
    in_place: bool, burst: int, lane: Lane, share: float
) -> None:
    pace = slack_pace()
    left = [number for number in range(200) if pace.hold(f"slack:person:U{number}", lane, in_place, 1000.0) == 0.0]
    assert len(left) == burst * share
    assert (pace.hold(HERE, Lane.HANDOFF, in_place, 1000.0) == 0.0) == (lane is not Lane.HANDOFF)


@pytest.mark.parametrize("in_place", [False, True])
def test_what_comes_again_when_it_was_told_to_always_passes(in_place: bool) -> None:
    pace, now = slack_pace(), 1000.0
    for lane in (Lane.HANDOFF,) * 80 + (Lane.COSMETIC,) * 5 + (Lane.PROMPT, Lane.RECEIPT, Lane.ESCALATION):
        tries = 0
        while hold := pace.hold(HERE, lane, in_place, now):
            now, tries = now + hold, tries + 1
            assert tries < 10


@given(lanes, st.booleans(), st.floats(0.0, 1e7))
@settings(max_examples=60, deadline=None)
def test_time_that_is_told_is_time_enough(lane: Lane, in_place: bool, begin: float) -> None:
    pace, now = slack_pace(), begin
    for _ in range(30):
        hold = pace.hold(HERE, lane, in_place, now)
        if hold:
            now += hold
            assert pace.hold(HERE, lane, in_place, now) <= 1e-6


def test_a_teacher_who_answers_a_question_a_second_never_waits() -> None:
    pace = slack_pace()
    for second in range(60):
        now = 1000.0 + second
        assert pace.hold(HERE, Lane.PROMPT, False, now) == 0.0
        if second % 2 == 0:
            assert pace.hold(HERE, Lane.COSMETIC, True, now) == 0.0


def test_places_that_nobody_writes_to_are_forgotten() -> None:
    pace = slack_pace()
    for number in range(20_000):
        now = 1000.0 + number
        pace.hold(f"slack:person:U{number}", Lane.PROMPT, False, now)
    assert pace._anew
    assert len(pace._anew.places) < 2500

"""The next steps are made for the case: each line for the facts it is for, and none that would do harm."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import composition, nextsteps
from bot.fact_values import CameFrom, ChildNow, Device, LeadTold, PressureBy, Seen, StaffRole, Tri
from bot.facts import Facts
from tests import leads
from tests.school import School, text_of

PHRASES = tomllib.loads((composition.FLOWS / "phrases.toml").read_text(encoding="utf-8"))
STEPS = PHRASES["steps"]
AN_ID = re.compile(r"S[12]-\d\d\d?|[NCD]-\d\d\Z")


def only(**facts: object) -> Facts:
    """Everything answered in the quiet way, but for these."""
    quiet: dict[str, object] = {
        "immediate_danger": Tri.NO,
        "staff_concerned": {StaffRole.NONE},
        "child_now": {ChildNow.CALM},
        "pressure_by": {PressureBy.UNKNOWN},
        "device": Device.WITH_CHILD,
        "seen_by_staff": Seen.NO,
        "lead_told": LeadTold.YES,
        "came_from": CameFrom.PICTURED_CHILD,
    }
    return Facts.model_validate(quiet | facts)


FOR: Mapping[str, Sequence[Mapping[str, object]]] = {
    "danger": [{"immediate_danger": Tri.YES}],
    "alone": [{"child_now": {ChildNow.SELF_HARM}}, {"child_now": {ChildNow.HURT}}],
    "missing": [{"child_now": {ChildNow.MISSING}}],
    "home": [{"child_now": {ChildNow.AFRAID_HOME}}],
    "speak": [
        *({"lead_told": it} for it in (LeadTold.NO, LeadTold.TRIED, LeadTold.UNKNOWN)),
        *({"staff_concerned": {it}} for it in StaffRole if it is not StaffRole.NONE),
    ],
    "extortion": [{"pressure_by": {it}} for it in (PressureBy.MONEY, PressureBy.MORE_IMAGES, PressureBy.THREATS)],
    "device": [{"device": it} for it in (Device.SCHOOL_HAS_IT, Device.SCHOOL_DEVICE)],
    "seen": [{"seen_by_staff": it} for it in (Seen.BY_ACCIDENT, Seen.SHOWN)],
}
ALWAYS = {"write_down"}
CHILDREN = (CameFrom.PICTURED_CHILD, CameFrom.INVOLVED_CHILD, CameFrom.OTHER_CHILD)


def about_the_child(facts: Facts) -> set[str]:
    """What is said of speaking to the child: to the one who came to tell and is there, and to nobody else (N-04)."""
    if facts.came_from in CHILDREN and ChildNow.MISSING not in facts.child_now:
        return {"tell_child"}
    thanked = {"thank"} if facts.came_from in (CameFrom.PARENT, CameFrom.COLLEAGUE) else set[str]()
    stays = facts.immediate_danger is Tri.YES or facts.child_now & {ChildNow.SELF_HARM, ChildNow.HURT}
    return thanked if stays else thanked | {"leave_child"}


@pytest.mark.parametrize("came_from", CameFrom)
def test_nothing_reads_as_if_a_child_in_danger_were_to_be_left(came_from: CameFrom) -> None:
    for danger in ({"immediate_danger": Tri.YES}, {"child_now": {ChildNow.SELF_HARM}}, {"child_now": {ChildNow.HURT}}):
        assert "leave_child" not in nextsteps.steps_for(only(came_from=came_from, **danger))


@pytest.mark.parametrize(("line", "facts"), [(line, facts) for line, all_ in FOR.items() for facts in all_])
def test_a_line_is_there_for_the_fact_it_is_for(line: str, facts: Mapping[str, object]) -> None:
    assert set(nextsteps.steps_for(only(**facts))) == ALWAYS | {line} | about_the_child(only(**facts))


def test_with_none_of_these_facts_only_what_always_holds_is_said() -> None:
    assert set(nextsteps.steps_for(only())) == ALWAYS | {"tell_child"}


@pytest.mark.parametrize("came_from", CameFrom)
def test_only_the_child_who_came_to_tell_is_spoken_to(came_from: CameFrom) -> None:
    facts = only(came_from=came_from)
    assert set(nextsteps.steps_for(facts)) == ALWAYS | about_the_child(facts)
    assert ("tell_child" in nextsteps.steps_for(facts)) == (came_from in CHILDREN)
    assert "tell_child" not in nextsteps.steps_for(only(came_from=came_from, child_now={ChildNow.MISSING}))


QUIET: Mapping[str, list[object]] = {
    "immediate_danger": [Tri.NO, Tri.UNKNOWN],
    "child_now": [{ChildNow.CALM}, {ChildNow.DISTRESSED}, {ChildNow.UNKNOWN}],
    "pressure_by": [{it} for it in PressureBy if it.value not in ("money", "more_images", "threats")],
    "device": [Device.WITH_CHILD, Device.WITH_OTHER_CHILD, Device.AT_HOME, Device.UNKNOWN],
    "seen_by_staff": [Seen.NO, Seen.UNKNOWN],
}


@pytest.mark.parametrize(("fact", "value"), [(fact, value) for fact, values in QUIET.items() for value in values])
def test_no_other_value_brings_a_line(fact: str, value: object) -> None:
    assert set(nextsteps.steps_for(only(**{fact: value}))) == ALWAYS | {"tell_child"}


def test_every_line_of_the_file_can_appear() -> None:
    assert set(STEPS["do"]) == {*FOR, *ALWAYS, "tell_child", "leave_child", "thank", "speak_staff", "lado"}


FACTS = st.builds(
    only,
    immediate_danger=st.sampled_from(Tri),
    staff_concerned=st.sets(st.sampled_from([s for s in StaffRole if s.value not in ("none", "unknown")]), min_size=1),
    child_now=st.sets(st.sampled_from(ChildNow), min_size=1),
    pressure_by=st.sets(st.sampled_from(PressureBy), min_size=1),
    device=st.sampled_from(Device),
    seen_by_staff=st.sampled_from(Seen),
    lead_told=st.sampled_from(LeadTold),
    came_from=st.sampled_from(CameFrom),
)


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_the_lines_are_exactly_those_of_the_facts_and_the_most_pressing_stands_first(facts: Facts) -> None:
    given_ = nextsteps.steps_for(facts)
    due = {line for line, all_ in FOR.items() if any(_holds(facts, one) for one in all_)}
    assert set(given_) == ALWAYS | due | about_the_child(facts)
    if "danger" in due:
        assert given_[0] == "danger"


def _holds(facts: Facts, wanted: Mapping[str, object]) -> bool:
    (name, value) = next(iter(wanted.items()))
    held = getattr(facts, name)
    return bool(held & value) if isinstance(value, set) else bool(held == value)


# --- what must never be advised ---


FORBIDDEN = re.compile(
    r"\b(delete|deleting|remove|screenshot|download|forward|look at|look through|look for|search|open the|view|watch"
    r"|ask (the|a) child|ask them to (?!tell nobody else)|ask her|ask him|question|confiscate"
    r"|take (the|their) phone)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(r"don’t [^.;:]*", re.IGNORECASE)


def advised(line: str) -> str:
    """What a line tells somebody to do, without what it tells them not to."""
    return NEGATED.sub("", line)


@pytest.mark.parametrize("line", sorted(STEPS["do"].values()))
def test_nothing_advised_deletes_looks_searches_or_asks_a_child(line: str) -> None:
    assert not FORBIDDEN.search(advised(line))


@pytest.mark.parametrize("line", sorted(STEPS["dont"].values()))
def test_every_warning_says_dont_in_so_many_words(line: str) -> None:
    assert line.startswith("Don’t ")


@pytest.mark.parametrize("bad", ["Delete it.", "Look at it first.", "Search the bag.", "Ask the child what it shows."])
def test_the_check_above_would_see_bad_advice(bad: str) -> None:
    assert FORBIDDEN.search(advised(bad))


@pytest.mark.parametrize("kind", ["do", "dont"])
def test_every_line_has_its_sources_in_the_policies(kind: str) -> None:
    for key in STEPS[kind]:
        assert STEPS["source"][key], key
        assert all(AN_ID.fullmatch(id) for id in STEPS["source"][key]), key


def test_no_source_stands_for_a_line_that_is_gone() -> None:
    assert set(STEPS["source"]) == {*STEPS["do"], *STEPS["dont"]}


# --- on the screen ---


async def steps(here: School) -> str:
    return text_of(next(card for card in here.screen("teacher") if card.title == "Your next steps"))


async def test_they_come_with_what_not_to_do_and_the_numbers_for_now(here: School) -> None:
    await here.tells_the_essentials()
    read = await steps(here)
    assert all(line.format(Whom="The DSL") in read for line in STEPS["dont"].values())
    assert "Speak to the DSL in person or by phone now." in read
    assert "Dana Example, DSL at Example Academy North: 01632 960111" in read
    assert "Emergency services, 999" in read
    assert "You need nobody’s permission to ring 999" in read


async def test_they_are_corrected_in_place_when_an_answer_changes_them(here: School) -> None:
    await here.tells_the_essentials()
    await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
    await here.presses("Yes")  # a lead has been told in person
    read = await steps(here)
    assert STEPS["do"]["alone"] in read
    assert "Speak to the DSL" not in read
    assert sum(card.title == "Your next steps" for card in here.screen("teacher")) == 1


async def test_having_told_a_lead_does_not_take_away_whom_to_speak_to_when_staff_are_concerned(here: School) -> None:
    await here.tells_the_essentials(staff=leads.STAFF["dsl"])
    await here.picks({"How is the child now": ["Calm"]})
    await here.presses("Yes")
    assert "Speak to the headteacher yourself" in await steps(here)


@pytest.mark.parametrize(
    ("staff", "whom"), [("head", "the chair of governors"), ("dsl", "the headteacher"), ("unknown", "the headteacher")]
)
async def test_when_staff_are_concerned_they_name_whom_it_went_to_and_nobody_else(
    here: School, staff: str, whom: str
) -> None:
    await here.tells_the_essentials(staff=leads.STAFF[staff])
    read = await steps(here)
    assert f"Speak to {whom} yourself, in person or by phone. Don’t tell anyone else at the academy." in read
    assert not {"01632 960111", "07700 900112"} & leads.telephones(read)
    assert (f", {whom}: ") in read


async def test_out_of_hours_they_name_the_person_on_call(after_hours: School) -> None:
    await after_hours.tells_the_essentials()
    assert "Speak to the safeguarding lead on call in person or by phone now." in await steps(after_hours)

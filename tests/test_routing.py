"""A case goes to those it may go to and to nobody it is about, whatever was answered, wherever, at whatever hour."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import composition, nextsteps, receipt, ringing, routing
from bot.case import Case
from bot.conversation import Answer, Conversation
from bot.directory import Directory, parse_trust
from bot.message import Card, Person
from bot.moment import Moment
from tests import leads
from tests.leads import ACADEMIES, TWO_ROLES, trust_file
from tests.school import FRIDAY_EVENING, FRIDAY_MORNING, School, school, text_of

MONDAY = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
WEEK = [MONDAY + timedelta(hours=hour) for hour in range(168)]
NAMED = ("head", "dsl", "deputy", "chair", "other")
SETS = [frozenset(it) for it in chain.from_iterable(combinations(NAMED, n) for n in range(1, 6))]
ANSWERS = [frozenset({"none"}), frozenset({"unknown"}), *SETS]
TEACHER = Person("web", "teacher")
Written = dict[str, Any]
"""A trust's file as TOML reads it, past everything of ours."""


@pytest.fixture(scope="module")
def two_roles() -> Iterator[tuple[Directory, Written]]:
    with TemporaryDirectory() as folder:
        text = trust_file(Path(folder), *TWO_ROLES).read_text(encoding="utf-8")
        yield parse_trust(text, "trust.toml"), tomllib.loads(text)


def about(written: Written, staff: frozenset[str], academy: str) -> set[str]:
    """Whom the answers point to, read from the text of the file alone."""
    found: set[str] = set()
    for row in written["academies"]:
        if academy in ("", row["id"]):
            held = {"head": [row["head"]], "chair": [row["chair"]], "dsl": [row["dsl"]], "deputy": row["deputies"]}
            found |= {id for role in staff for id in held.get(role, [])}
    return found


def phones(written: Written, ids: set[str]) -> set[str]:
    return {row["phone"] for row in written["people"] if row["id"] in ids}


def case_of(staff: frozenset[str], academy: str) -> Case:
    return Case("7F3K-9QWX-2M", TEACHER, MONDAY, academy=academy, staff=staff)


# --- nobody it is about, at any hour ---


def test_nobody_it_is_about_is_ever_a_recipient_a_reader_or_a_rung(
    two_roles: tuple[Directory, Written],
) -> None:
    directory, written = two_roles
    for staff, academy, at in product(ANSWERS, ACADEMIES, WEEK):
        case = case_of(staff, academy)
        away = about(written, staff, academy)
        route = routing.route(directory, case, ("web",), at)
        people = {id for rung in route.ladder for id in rung.people}
        climbed = replace(case, ladder=route.ladder, rung=len(route.ladder))
        places = {to.id for rung in route.ladder for to in rung.destinations} | {to.id for to in route.destinations}
        assert not away & people
        assert not away & places  # a person's id on the page is their id in the file
        assert not away & routing.readers(directory, climbed)


def test_the_check_above_would_see_somebody_it_is_about(two_roles: tuple[Directory, Written]) -> None:
    directory, written = two_roles
    route = routing.route(directory, case_of(frozenset({"none"}), "north"), ("web",), MONDAY)
    assert about(written, frozenset({"dsl"}), "north") & {id for rung in route.ladder for id in rung.people}


def test_when_staff_are_concerned_no_channel_and_nobody_of_the_usual_team_has_it_unless_they_are_also_the_head(
    two_roles: tuple[Directory, Written],
) -> None:
    directory, _ = two_roles
    for staff, academy, at in product([frozenset({"unknown"}), *SETS], ACADEMIES, WEEK[::6]):
        route = routing.route(directory, case_of(staff, academy), ("web",), at)
        assert route.channel is None
        roles = {rung.role for rung in route.ladder}
        assert roles <= ({"head", "chair", "trust_lead"} if academy else {"trust_lead"})


def test_no_number_on_a_receipt_a_next_step_or_a_note_is_of_somebody_it_is_about(
    two_roles: tuple[Directory, Written],
) -> None:
    directory, written = two_roles
    hours = (MONDAY.replace(hour=10), MONDAY.replace(hour=22), MONDAY + timedelta(days=5, hours=3))
    for staff, academy, at in product(ANSWERS, ACADEMIES, hours):
        shown = leads.telephones("\n".join(text_of(card) for card in told(directory, staff, academy, at)))
        assert not phones(written, about(written, staff, academy)) & shown
        if staff != {"none"}:
            team = {row["dsl"] for row in written["academies"]} - _heads(written)
            assert academy == "" or not phones(written, team) & shown


def _heads(written: Written) -> set[str]:
    return {row["head"] for row in written["academies"]} | {written["trust"]["lead"]}


def told(directory: Directory, staff: frozenset[str], academy: str, at: datetime) -> list[Card]:
    """Everything the member of staff is told about whom to speak to and ring, at the start and past the last rung."""
    moment = Moment(composition.script(), directory, at)
    answers = {"staff_concerned": Answer(tuple(staff)), **({"academy": Answer((academy,))} if academy else {})}
    conversation = Conversation("c", TEACHER, "7F3K-9QWX-2M", MONDAY, MONDAY, "danger", answers=answers)
    route = routing.route(directory, case_of(staff, academy), ("web",), at)
    begun = replace(case_of(staff, academy), ladder=route.ladder, whom=route.whom, handed_off_at=at)
    posts = []
    for rung in range(len(route.ladder) + 1):
        case = replace(begun, rung=rung)
        posts += [receipt.receipt(case, conversation, moment), receipt.ring_note(case, conversation, moment)]
        posts += [nextsteps.steps_card(case, conversation, moment)]
    blind = replace(begun, unscreened=True)
    posts += [receipt.blind_note(blind, conversation, moment, sent=True)]
    posts += [receipt.ring_note(blind, conversation, moment)]
    return [post.card for post in posts]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(ANSWERS), st.sampled_from(sorted(ACADEMIES)), st.sampled_from([FRIDAY_MORNING, FRIDAY_EVENING]))
async def test_to_the_end_of_the_ladder_nothing_ever_stands_where_somebody_it_is_about_would_see_it(
    staff: frozenset[str], academy: str, at: datetime
) -> None:
    with TemporaryDirectory() as folder:
        trust = trust_file(Path(folder), *TWO_ROLES)
        written = tomllib.loads(trust.read_text(encoding="utf-8"))
        with school(Path(folder), at, trust) as here:
            await leads.tells(here, sorted(staff), academy)
            await here.presses("Send now")
            for _ in range(7):
                await here.passes(minutes=10)
            away = about(written, staff, academy)
            assert not {f"web:person:{id}" for id in away} & here.places()
            if staff != {"none"}:
                assert not [place for place in here.places() if ":channel:" in place]
            said = "\n".join(text_of(card) for card in here.screen("teacher")[1:])
            assert not phones(written, away) & leads.telephones(said)


# --- who has it instead ---


@pytest.mark.parametrize(
    ("staff", "first"),
    [
        (["other"], "head-north"),
        (["dsl"], "head-north"),
        (["deputy"], "head-north"),
        (["dsl", "deputy"], "head-north"),
        (["chair"], "head-north"),
        (["unknown"], "head-north"),
        (["head"], "chair-north"),
        (["head", "dsl"], "chair-north"),
    ],
)
async def test_a_concern_about_staff_goes_past_the_team_to_the_head_or_the_chair_and_nowhere_else(
    here: School, staff: list[str], first: str
) -> None:
    await leads.tells(here, staff)
    assert here.places() == {f"web:person:{first}"}
    assert here.ref() in here.reads(first)
    assert "may concern an adult" in here.reads(first) or "could not say whether an adult" in here.reads(first)


async def test_the_usual_channel_is_told_nothing_at_all_not_even_the_reference(here: School) -> None:
    await leads.tells(here, ["other"])
    await here.presses("Acknowledge", who="head-north")
    assert here.channel() == []
    assert here.reads("dsl-north") == here.reads("deputy-north") == ""


async def test_when_head_and_chair_are_concerned_the_trusts_lead_has_it_who_is_not_at_the_academy(here: School) -> None:
    await leads.tells(here, ["head", "chair"], academy="south")
    assert here.places() == {"web:person:trust-lead"}
    read = leads.receipt(here)
    assert "With the trust’s safeguarding lead since 10:40" in read
    assert not {"01632 960121", "01632 960123", "07700 900122", "07700 900124"} & leads.telephones(read)


async def test_when_neither_head_nor_chair_answers_the_trusts_lead_is_tried_last(here: School) -> None:
    await leads.tells(here, ["other"])
    await here.passes(minutes=3, seconds=1)
    assert "web:person:trust-lead" not in here.places()
    await here.passes(minutes=3, seconds=1)
    assert "web:person:trust-lead" in here.places()


@pytest.fixture
def no_trust_lead(tmp_path: Path) -> Iterator[School]:
    """A trust whose ladder for concerns about staff ends at the chair."""
    with school(tmp_path, trust=trust_file(tmp_path, leads.ONLY_HEAD_AND_CHAIR)) as it:
        yield it


async def test_when_head_and_chair_are_concerned_and_nobody_comes_after_the_teacher_is_given_the_lados_number(
    no_trust_lead: School,
) -> None:
    here = no_trust_lead
    await leads.tells(here, ["head", "chair"], academy="south")
    await here.presses("Send now")
    assert here.places() == set()
    read = leads.receipt(here)
    assert "nobody has it yet" in read
    assert "Stoke-on-Trent LADO, 01782 235100" in read
    assert "With " not in read
    assert "On its way" not in read
    assert "Ring the council’s designated officer (LADO) now" in here.reads("teacher")
    assert not {"01632 960121", "01632 960123", "07700 900122", "07700 900124"} & leads.telephones(read)


async def test_a_council_without_a_lado_in_the_file_has_its_services_named_and_that_it_is_missing_said(
    no_trust_lead: School,
) -> None:
    here = no_trust_lead
    await leads.tells(here, ["head", "chair"], academy="north")
    read = leads.receipt(here)
    assert "I don’t have the LADO’s number for this council" in read
    assert "Staffordshire First Response, 0800 1313 126" in read
    assert "Stoke-on-Trent LADO" not in read


async def test_with_nobody_to_have_it_the_bot_goes_on_and_the_case_keeps_its_deadline(no_trust_lead: School) -> None:
    here = no_trust_lead
    await leads.tells(here, ["head", "chair"])
    for _ in range(5):
        await here.passes(hours=5)
    assert leads.rung_timers(here) == 1
    assert here.places() == set()
    assert sum("nobody has it yet" in text_of(card) for card in here.screen("teacher")) == 2  # receipt and note
    assert here.rows("select count(*) from audit where action = 'exhausted'") == [(1,)]


async def test_an_unknown_academy_goes_to_the_trusts_lead_and_never_to_the_first_of_a_list(here: School) -> None:
    await leads.tells(here, ["none"], academy="")
    assert here.places() == {"web:person:trust-lead"}
    assert "With the trust’s safeguarding lead since 10:40" in leads.receipt(here)
    assert "outside school hours" not in leads.receipt(here)


async def test_a_concern_about_staff_at_an_unknown_academy_goes_to_the_trusts_lead_alone(here: School) -> None:
    await leads.tells(here, ["other"], academy="")
    assert here.places() == {"web:person:trust-lead"}
    assert "01632 960111" not in leads.receipt(here)


async def test_every_ladder_without_a_concern_about_staff_ends_at_the_trusts_lead(after_hours: School) -> None:
    await leads.tells(after_hours, ["none"], academy="south")  # on call, DSL, deputies, head, trust's lead
    for _ in range(6):
        await after_hours.passes(minutes=10, seconds=1)
    assert "web:person:trust-lead" in after_hours.places()


async def test_somebody_with_two_parts_is_kept_out_as_a_person(tmp_path: Path) -> None:
    with school(tmp_path, trust=trust_file(tmp_path, *TWO_ROLES)) as here:
        await leads.tells(here, ["head"], academy="north")
        await leads.tells_as(here, "kim", ["none"], academy="south")
        await leads.tells_as(here, "lou", ["deputy"], academy="south")
        assert "web:person:head-south" in here.places()
        assert "web:person:head-north" not in here.places()
        other = next(card for card in here.channel("dsl-south-channel"))
        view = await here.hears(here.incoming("head-north", press=other.buttons[0].press))
        assert "Told by" in text_of(_shown(view))  # as a deputy of the other academy


async def test_the_trusts_lead_who_is_an_accused_dsl_gets_nothing_even_when_the_academy_is_unknown(
    tmp_path: Path,
) -> None:
    with school(tmp_path, trust=trust_file(tmp_path, *TWO_ROLES)) as here:
        await leads.tells(here, ["dsl"], academy="")
        assert here.places() == set()
        assert "nobody has it yet" in leads.receipt(here)


async def test_a_head_known_only_by_telephone_is_named_to_be_rung_and_not_said_to_be_told(tmp_path: Path) -> None:
    phone_only = ('ids = { web = "head-north" }\n', ""), ('ids = { web = "chair-north" }\n', "")
    with school(tmp_path, trust=trust_file(tmp_path, *phone_only, leads.ONLY_HEAD_AND_CHAIR)) as here:
        await leads.tells(here, ["other"])
        assert here.places() == set()
        read = leads.receipt(here)
        assert "I could not reach the headteacher here. Please ring now" in read
        assert "Harper Example, the headteacher: 01632 960113" in read
        assert "nobody has it yet" not in read


def test_the_number_of_the_lado_is_never_blank_for_any_academy(
    two_roles: tuple[Directory, Written],
) -> None:
    directory, _ = two_roles
    for academy, at in product(ACADEMIES, WEEK[::12]):
        moment = Moment(composition.script(), directory, at)
        lines = ringing.lado_numbers(case_of(frozenset({"head", "chair"}), academy), moment)
        assert "Emergency services, 999" in lines[0]
        assert len(lines) > 1
        assert len(set(lines)) == len(lines)


def _shown(card: Card | None) -> Card:
    assert card is not None
    return card

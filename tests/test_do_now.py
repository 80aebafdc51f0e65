"""What a lead is told to do now: whom to find and ring, at the number that answers, and what is then due, in order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from bot import caseview, composition
from bot.case import Case
from bot.conversation import Answer, Conversation
from bot.directory import Directory, parse_trust
from bot.message import Card, Passage, Person
from bot.moment import Moment
from tests.school import text_of
from tests.test_phrases import SOURCE

TEXT = Path("examples/staffordshire/trust.toml").read_text(encoding="utf-8")
EXAMPLE = parse_trust(TEXT, "trust.toml")
SCRIPT = composition.script()
TEACHER = Person("web", "teacher")
MORNING = datetime(2026, 11, 20, 10, 40, tzinfo=UTC)
EVENING = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)
NUMBERS, WORDS = "Whom to ring now", "What was said"

ADULT = {"adult_involved": "yes", "home_authority": "staffordshire"}
QUIET = {"adult_involved": "no", "pressure": "no", "home_authority": "staffordshire", "danger": "no"}


def opened(
    told: dict[str, str],
    at: datetime = MORNING,
    academy: str = "north",
    directory: Directory = EXAMPLE,
    shared: bool = False,
) -> Card:
    """The view of a case in which all that is not `told` is unknown."""
    given = {"staff_concerned": "none", "academy": academy} | told
    answers = {step: Answer((given.get(step, "unknown"),)) for step in SCRIPT.flow.steps}
    answers |= {"child": Answer(words="Jade Example"), "words": Answer(words="He said he would show everyone")}
    conversation = Conversation("c", TEACHER, "7F3K-9QWX-2M", at, at, "done", "Sam Example", answers=answers)
    staff = frozenset({given["staff_concerned"]})
    case = Case("7F3K-9QWX-2M", TEACHER, at, academy=academy, staff=staff, shared=shared)
    return caseview.view(case, conversation, (), Moment(SCRIPT, directory, at))


def passage(card: Card, heading: str) -> Passage:
    return next(each for each in card.passages if each.heading == heading)


def do_now(told: dict[str, str], at: datetime = MORNING, academy: str = "north") -> tuple[str, ...]:
    return passage(opened(told, at, academy), "Do now").lines


def headings(card: Card) -> list[str]:
    return [each.heading for each in card.passages if each.heading]


def test_a_lead_reads_what_to_note_who_it_is_what_to_do_and_the_words_before_any_proposal() -> None:
    assert headings(opened(ADULT))[:5] == ["Take note", "The child", "Do now", WORDS, caseview_heading()]
    assert headings(opened(ADULT))[-3:] == ["Still unknown", NUMBERS, "Chronology"]


def caseview_heading() -> str:
    return SCRIPT.phrases.say("view.proposal")


def test_the_colleague_is_named_first() -> None:
    assert do_now(QUIET)[0].startswith("Find or ring your colleague, Sam Example.")


def test_in_danger_999_comes_before_everything_and_the_police_are_not_rung_on_101() -> None:
    lines = do_now({"danger": "yes", "home_authority": "staffordshire"})
    assert lines[0].startswith("Ring 999 if nobody has")
    assert not any("101" in line for line in lines)


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (MORNING, "Staffordshire First Response, 0800 1313 126, open until 16:30 today. Refer now."),
        (EVENING, "Staffordshire Emergency Duty Service, 0345 604 2886, open until 08:30 on Monday 23 November."),
    ],
)
def test_social_care_is_rung_at_the_number_that_answers_for_the_childs_council(at: datetime, number: str) -> None:
    (line,) = [line for line in do_now(ADULT, at, academy="south") if line.startswith("Children’s social care")]
    assert number in line
    assert "Stoke" not in line


def test_while_the_childs_council_is_not_known_each_has_its_number() -> None:
    (line,) = [line for line in do_now({"adult_involved": "yes"}) if line.startswith("Children’s social care")]
    assert "0800 1313 126" in line
    assert "or Stoke-on-Trent Safeguarding Referral Team, 01782 235100" in line


def test_what_is_to_be_referred_is_said_to_be_now_or_today() -> None:
    at_once = do_now({"pressure": "yes", "pressure_by": "threats", "home_authority": "staffordshire"})
    asked = do_now({"pressure": "yes", "pressure_by": "kept_asking", "home_authority": "staffordshire"})
    for lines, when in ((at_once, "Refer now."), (asked, "Refer today.")):
        for agency in ("Children’s social care: ring", "Police: ring 101"):
            assert any(line.startswith(agency) and when in line for line in lines)


def test_the_lado_comes_first_in_a_case_about_staff_and_the_head_is_not_told() -> None:
    lines = do_now({"staff_concerned": "head"}, academy="south")
    assert "Stoke-on-Trent LADO, 01782 235100" in lines[1]
    assert not any("Tell the headteacher" in line for line in lines)


def test_a_council_whose_lado_is_not_in_the_file_has_it_said() -> None:
    lines = do_now({"staff_concerned": "other"}, academy="north")
    assert "ask for the LADO" in lines[1]
    assert not any("Tell the headteacher" in line for line in do_now({"staff_concerned": "unknown"}))


def test_even_a_case_handed_to_the_team_keeps_a_concern_about_staff_from_the_head() -> None:
    shown = passage(opened({"staff_concerned": "other"}, shared=True), "Do now").lines
    assert not any("Tell the headteacher" in line for line in shown)
    unknown = passage(opened({"staff_concerned": "unknown"}, shared=True), "Do now").lines
    assert any("Tell the headteacher" in line for line in unknown)


def test_the_written_form_is_due_within_the_councils_own_hours_and_only_after_a_referral() -> None:
    assert any("within 48 hours of the call" in line and "S2-119" in line for line in do_now(ADULT))
    assert not any("written referral" in line for line in do_now(QUIET))
    other = parse_trust(TEXT.replace("marf_hours = 48", "marf_hours = 24", 1), "trust.toml")
    assert "within 24 hours" in text_of(opened(ADULT, directory=other))


@pytest.mark.parametrize(
    "said", ["Tell the headteacher. (S2-46)", "parents: not if it puts the child at risk. (S2-48, S2-62)"]
)
def test_what_every_lead_does_is_there_without_any_agency(said: str) -> None:
    assert any(said in line for line in do_now(QUIET))


def test_nobody_views_or_deletes_and_an_initial_review_is_held() -> None:
    lines = do_now(QUIET)
    assert lines[-2:] == (
        "Nobody views, copies, prints or deletes anything. (S2-60, N-05)",
        "Hold an initial review. (S2-47)",
    )


def test_every_line_ends_with_the_policy_behind_it() -> None:
    for told, at, academy in product((ADULT, QUIET, {"danger": "yes"}), (MORNING, EVENING), ("north", "south", "")):
        for line in do_now(told, at, academy):
            ids = line.rpartition("(")[2].removesuffix(")").split(", ")
            assert ids and all(SOURCE.fullmatch(id) for id in ids), line


@pytest.mark.parametrize(
    ("told", "flag"),
    [
        ({"seen_by_staff": "shown"}, "A member of staff has seen it: record it, and see that they have support"),
        ({"seen_by_staff": "by_accident"}, "A member of staff has seen it"),
        ({"lead_told": "tried"}, "Your colleague tried to tell a lead, and could not reach anyone"),
        ({"device": "school_device"}, "It is on a school device"),
    ],
)
def test_a_lead_is_told_what_else_to_note(told: dict[str, str], flag: str) -> None:
    assert flag in text_of(opened(QUIET | told))
    assert flag not in text_of(opened(QUIET))


def test_each_type_it_could_also_be_has_one_line_with_every_fact_that_decides() -> None:
    lines = [line for line in text_of(opened(QUIET)).splitlines() if line.startswith("It could also be")]
    types = [line.partition(":")[0] for line in lines]
    assert len(types) == len(set(types)) > 0
    assert any("”, “" in line for line in lines)


def test_ceop_and_report_remove_are_on_the_view_only_when_they_are_proposed() -> None:
    online = QUIET | {"adult_involved": "yes", "extent": "public"}
    settled = QUIET | {"extent": "pair_only", "whereabouts_known": "yes"}
    for name in ("CEOP Safety Centre", "Report Remove, by Childline"):
        assert any(name in line for line in passage(opened(online), NUMBERS).lines)
        assert not any(name in line for line in passage(opened(settled), NUMBERS).lines)


def test_no_helpline_that_has_probably_closed_is_on_the_view() -> None:
    lines = passage(opened(QUIET), NUMBERS).lines
    assert any("NSPCC" in line for line in lines)
    assert not any("probably closed" in line or "may have closed" in line for line in lines)

"""Open case: the one place where the words are shown, to a person on the roster at that moment, and never unseen."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from bot.message import Action, Card, Press
from tests import leads
from tests.leads import TWO_ROLES, rewrite, trust_file
from tests.school import School, school, text_of

EVERYBODY = (
    *(f"{role}-{academy}" for role in ("dsl", "deputy", "head", "chair") for academy in ("north", "south", "primary")),
    "trust-lead",
    "trust-unscreened",
    "stranger",
    "teacher",
)
LEAD_ACTIONS = (Action.OPEN_CASE, Action.ACKNOWLEDGE, Action.SHARE_WITH_DSL)
NO_SUCH = "ZZZZ-ZZZZ-ZZ"


async def presses(here: School, who: str, action: Action, ref: str) -> Card:
    shown = await here.hears(here.incoming(who, press=Press(action, ref)))
    assert shown is not None
    return shown


# --- what is shown ---


async def test_a_lead_sees_who_told_the_child_the_words_the_answers_and_what_is_proposed(here: School) -> None:
    await here.tells_the_essentials()
    read = text_of(await presses(here, "dsl-north", Action.OPEN_CASE, here.ref()))
    for part in ("Told by Sam Example", "Jade Example, year 9", "He said he would show everyone", "a picture of her"):
        assert part in read
    assert "Age of the child in the picture: 13, 14 or 15" in read
    assert "What this looks like (a proposal: you decide)" in read
    assert "Please let nobody go back to the child" in read


async def test_an_answer_since_changed_stands_in_the_chronology_with_its_earlier_words(here: School) -> None:
    await here.tells_the_essentials()
    for _ in range(4):
        await here.presses("Back")
    await here.says("He said he would show nobody")
    read = text_of(await presses(here, "dsl-north", Action.OPEN_CASE, here.ref()))
    assert "He said he would show everyone" in read
    assert "answer changed · What was said · He said he would show nobody" in read


async def test_who_opened_it_and_who_has_it_stand_in_the_chronology_by_role(here: School) -> None:
    await here.tells_the_essentials()
    await presses(here, "dsl-north", Action.OPEN_CASE, here.ref())
    await presses(here, "deputy-north", Action.ACKNOWLEDGE, here.ref())
    read = text_of(await presses(here, "dsl-north", Action.OPEN_CASE, here.ref()))
    assert "opened by the DSL" in read
    assert "acknowledged by a deputy DSL" in read
    assert "handed to the safeguarding team of Example Academy North" in read


async def test_a_report_the_teacher_has_long_finished_is_not_said_to_be_a_mistake_when_they_start_another(
    here: School,
) -> None:
    await here.tells_the_essentials()
    ref = here.ref()
    await here.presses("Send now")
    await here.passes(hours=3)
    await here.says("another pupil has told me something else entirely")
    await presses(here, "dsl-north", Action.ACKNOWLEDGE, ref)
    assert "by mistake" not in here.channel_reads()
    assert "by mistake" not in text_of(await presses(here, "dsl-north", Action.OPEN_CASE, ref))


async def test_a_case_said_to_be_opened_by_mistake_says_so_and_stays_with_the_lead(here: School) -> None:
    await leads.tells(here)
    ref = here.ref()
    press = Press(Action.MISTAKE, here.question().footer[0].press.subject, here.question().footer[0].press.revision)
    await here.hears(here.incoming("teacher", press=press))
    assert "Your colleague says this was opened by mistake." in here.channel_reads()
    await presses(here, "dsl-north", Action.ACKNOWLEDGE, ref)
    assert "opened by mistake" in here.channel_reads()


# --- to whom ---


async def test_at_each_academy_only_its_own_team_may_open_the_case_and_nobody_else_at_all(here: School) -> None:
    refs = {}
    for academy in ("north", "south", "primary"):
        leads.joins_the_page(here, f"teacher-{academy}")
        await leads.tells(here, ["none"], academy, f"teacher-{academy}")
        refs[academy] = _ref_of(here, f"teacher-{academy}")
    for academy, who in product(refs, EVERYBODY):
        read = text_of(await presses(here, who, Action.OPEN_CASE, refs[academy]))
        on_call = {"north": "trust-lead", "primary": "trust-lead"}
        may = who in (f"dsl-{academy}", f"deputy-{academy}") or who == on_call.get(academy)
        assert ("Told by" in read) is may, (academy, who)


async def test_whoever_the_ladder_has_reached_may_open_it_and_not_before(here: School) -> None:
    await leads.tells(here)
    assert "You can’t" in text_of(await presses(here, "head-north", Action.OPEN_CASE, here.ref()))
    for _ in range(2):
        await here.passes(minutes=3, seconds=1)
    assert "Told by" in text_of(await presses(here, "head-north", Action.OPEN_CASE, here.ref()))


async def test_a_name_that_looks_like_a_leads_opens_nothing(here: School) -> None:
    await leads.tells(here)
    forged = here.incoming("stranger", press=Press(Action.OPEN_CASE, here.ref()))
    named = type(forged)(forged.sender, forged.key, forged.at, press=forged.press, sender_name="Dana Example")
    shown = await here.hears(named)
    assert shown is not None
    assert "You can’t open this" in text_of(shown)


async def test_a_lead_renamed_in_the_trusts_file_may_still_open_what_is_theirs(tmp_path: Path) -> None:
    trust = trust_file(tmp_path)
    with school(tmp_path, trust=trust) as here:
        await leads.tells(here)
        rewrite(trust, ('name = "Dana Example"', 'name = "Somebody Example"'))
        assert "Told by" in text_of(await presses(here, "dsl-north", Action.OPEN_CASE, here.ref()))


@pytest.mark.parametrize("staff", [["none"], ["other"], ["head"], ["dsl", "deputy"], ["chair", "head"], ["unknown"]])
async def test_nobody_it_is_about_can_open_acknowledge_or_hand_it_on_at_any_rung(
    tmp_path: Path, staff: list[str]
) -> None:
    with school(tmp_path, trust=trust_file(tmp_path, *TWO_ROLES)) as here:
        await leads.tells(here, staff)
        about = {f"{role}-north" for role in staff}
        for _ in range(4):
            for who, action in product(about & set(EVERYBODY), LEAD_ACTIONS):
                assert "You can’t open this" in text_of(await presses(here, who, action, here.ref()))
            await here.passes(minutes=3, seconds=1)
        assert "acknowledged" not in leads.actions(here)


# --- refusals ---


@pytest.mark.parametrize("action", LEAD_ACTIONS)
async def test_a_refusal_is_the_same_whether_the_case_exists_or_not(here: School, action: Action) -> None:
    await leads.tells(here, ["dsl"])
    for who in ("dsl-north", "deputy-north", "stranger", "teacher", "dsl-south", "chair-north"):
        existing = await presses(here, who, action, here.ref())
        for ref in (NO_SUCH, "", "\ud800", "'; drop table cases; --", here.ref().lower(), "x" * 5000):
            assert await presses(here, who, action, ref) == existing


async def test_every_look_and_every_refusal_leaves_a_row_and_the_trail_holds(here: School) -> None:
    await leads.tells(here)
    before = leads.audit_rows(here)
    for number, (who, action) in enumerate(product(EVERYBODY, LEAD_ACTIONS), 1):
        await presses(here, who, action, here.ref())
        refused, opened = leads.actions(here).count("refused"), leads.actions(here).count("opened")
        assert refused + opened >= number - _others(here)
    assert leads.audit_rows(here) > before + len(EVERYBODY)
    assert leads.actions(here).count("opened") == 3  # the DSL, the deputy, and the trust's lead, who is on call


def _others(here: School) -> int:
    """Presses by leads that were neither a look nor a refusal: acknowledging, once and again, and handing on."""
    acts = leads.actions(here)
    return acts.count("acknowledged") + acts.count("acknowledge_lost") + 3


async def test_a_refusal_for_a_case_that_is_not_there_is_audited_too(here: School) -> None:
    await presses(here, "stranger", Action.OPEN_CASE, NO_SUCH)
    assert leads.actions(here) == ["refused"]
    assert leads.audit_rows(here) == 1


async def test_a_view_is_shown_only_to_whoever_pressed_and_stands_on_no_screen(here: School) -> None:
    await here.tells_the_essentials()
    before = leads.cards(here)
    await presses(here, "dsl-north", Action.OPEN_CASE, here.ref())
    assert leads.cards(here) == before


def _ref_of(here: School, who: str) -> str:
    return next(c.title.split(": ")[1] for c in here.screen(who) if c.title.startswith("Your report"))

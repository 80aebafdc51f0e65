"""What was begun in the box of a card is never lost, whichever button takes the card away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.on_the_way import FIRST, say
from tests.teams_school import NORTH, TEACHER, TeamsSchool, entra_id, teams_school

DRAFT = "Jade Example, year 9, she sits by the"
DSL = entra_id("dsl-north")


async def asked_for_the_child(here: TeamsSchool) -> None:
    await here.says(FIRST)
    await here.says("no")
    await here.submits_place()


async def lead_reads(here: TeamsSchool) -> str:
    await here.presses_on(NORTH, "Open case", DSL)
    return here.dialog(DSL)


@pytest.mark.parametrize("old_client", [False, True], ids=["Execute", "Submit"])
@pytest.mark.parametrize("label", ["Send now", "Stop", "Back", "Contacts", "I don’t know who"])
async def test_a_draft_comes_along_with_the_button_that_takes_its_card_away(
    tmp_path: Path, label: str, old_client: bool
) -> None:
    async with teams_school(tmp_path) as here:
        await asked_for_the_child(here)
        here.teams.set_up(old_client=old_client)
        await here.presses_on(TEACHER, label, TEACHER, words=DRAFT)
        here.teams.set_up(old_client=False)
        await here.presses("Send what I have, and stop" if label == "Stop" else "Send now")
        assert DRAFT in await lead_reads(here)
        assert DRAFT not in here.reads(TEACHER)


async def test_a_draft_brought_again_with_its_press_is_kept_once(tmp_path: Path) -> None:
    async with teams_school(tmp_path) as here:
        await asked_for_the_child(here)
        pressed = await here.presses_on(TEACHER, "Stop", TEACHER, words=DRAFT)
        before = here.count("chronology")
        await here.teams.resend(pressed.delivery)
        await here.settles()
        assert here.count("chronology") == before
        assert "has not been sent yet" not in here.reads(TEACHER)


async def test_an_empty_box_sends_nothing_along(tmp_path: Path) -> None:
    async with teams_school(tmp_path) as here:
        await asked_for_the_child(here)
        await here.presses_on(TEACHER, "Stop", TEACHER, words="  ")
        assert say("press.no_words") not in here.reads(TEACHER)


async def test_a_draft_that_names_an_adult_of_the_academy_waits_like_any_other_words(tmp_path: Path) -> None:
    async with teams_school(tmp_path) as here:
        await asked_for_the_child(here)
        await here.presses_on(TEACHER, "Stop", TEACHER, words="It was Dana Example who took the picture")
        assert say("asking.staff_again") in here.reads(TEACHER)
        assert "Dana Example who" not in here.channel_reads()

"""The pictures of docs/teams.md: cards and a dialog of the real bot, drawn by Microsoft's own renderer."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bot import composition
from tests.on_the_way import FIRST
from tests.teams_pictures import take as draw
from tests.teams_school import NORTH, TEACHER, entra_id, teams_school

PICTURES = composition.ROOT / "docs" / "pictures"


async def take() -> None:
    """`make pictures`: a question, the post in the DSLs' team, and the opened case."""
    with tempfile.TemporaryDirectory() as folder:
        async with teams_school(Path(folder)) as here:
            await here.says(FIRST)
            question = here.question().card
            await here.says("no")
            await here.submits_place()
            await here.says("Jade Example, year 9")
            await here.presses("Send now")
            post = here.teams.with_label(NORTH, "Open case").card
            dsl = entra_id("dsl-north")
            await here.presses_on(NORTH, "Open case", dsl)
            case = here.teams.dialogs_of(dsl)[-1]
            opened = {"title": case.title, "card": {"content": case.card}}
            assert here.reads(TEACHER)
    cards = {"teams-question": question, "teams-post": post, "teams-case": opened}
    await draw(cards, PICTURES, looks=("",), tallest=900)

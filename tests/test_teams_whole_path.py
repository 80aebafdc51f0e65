"""The whole way through Teams: a teacher tells, the DSL's channel hears of it, the DSL opens and acknowledges it."""

from __future__ import annotations

from pathlib import Path

from tests.on_the_way import FIRST, say
from tests.teams.fake import text_of
from tests.teams_school import NORTH, TEACHER, entra_id, teams_school

DSL = entra_id("dsl-north")


async def test_from_a_disclosure_to_the_dsls_hands(tmp_path: Path) -> None:
    async with teams_school(tmp_path) as here:
        await here.tells_the_essentials()
        assert here.ref in here.channel_reads()
        assert "Jade" not in here.channel_reads()
        opened = await here.presses_on(NORTH, "Open case", DSL)
        assert opened.dialog
        assert "Jade Example, year 9" in here.dialog(DSL)
        assert FIRST in here.dialog(DSL)
        pressed = await here.presses_on(NORTH, "Acknowledge", DSL)
        assert say("press.acknowledged", role="the DSL") in pressed.said
        assert "Acknowledged by the DSL" in here.channel_reads()
        assert "Acknowledged by the DSL" in here.reads(TEACHER)
        assert text_of(here.teams.from_bot(NORTH)[-1])

"""The main job in Slack, over HTTP and over a socket: from a teacher's message to a lead who has acknowledged it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack_school import TEACHER, WAYS, SlackSchool, slack_id, slack_school
from tests.sources import phrases

SAY = phrases()
DSL, DEPUTY = slack_id("dsl-north"), slack_id("deputy-north")


@pytest.fixture(params=WAYS)
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SlackSchool]:
    async with slack_school(tmp_path, request.param) as it:
        yield it


async def test_from_a_teachers_message_to_acknowledged_by_the_dsl(here: SlackSchool) -> None:
    await here.tells_the_essentials()
    assert "With the safeguarding team of Example Academy North since 10:40" in here.reads(TEACHER)
    assert "Case " in here.channel_reads()
    assert "Case " in here.reads(DSL)
    await here.presses("Open case", DSL)
    assert "Jade Example, year 9" in here.view(DSL)
    assert "He said he would show everyone" in here.view(DSL)
    await here.presses_in_view("Acknowledge", DSL)
    assert "Acknowledged by the DSL at 10:40" in here.reads(TEACHER)
    assert "Acknowledged by the DSL at 10:40" in here.channel_reads()
    for private in ("Jade Example", "show everyone"):
        assert private not in here.channel_reads()
        assert private not in here.reads(TEACHER)
        assert private not in here.reads(DSL)

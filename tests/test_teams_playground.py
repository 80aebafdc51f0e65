"""The whole way in Microsoft's own playground: what `handrail teams local` promises to whoever tries it."""

from __future__ import annotations

import json
from pathlib import Path

from adapters.teams.playground import FILE
from bot import composition
from tests.on_the_way import FIRST, say
from tests.web.agents import Desk, at_the_playground


async def test_from_the_first_words_to_an_acknowledged_case(tmp_path: Path) -> None:
    async with at_the_playground(tmp_path, "deputy-north") as desk:
        await desk.sees(say("home.danger"))
        await desk.opens("General")  # the playground says only now that the app is in the team
        await desk.hears_of("installationUpdate", 2)
        await desk.opens("Personal Chat")
        await desk.writes(FIRST)
        await desk.presses("No, not that I know of")
        await desk.sees("Danger right now: No, not that I know of")
        await _the_place(desk)
        await desk.sees("Adult who works or volunteers there: No, nothing points to one")
        await desk.presses("Send now")
        await desk.opens("General")
        await desk.sees("Example Academy North")
        assert await desk.page.get_by_text(FIRST).count() == 1  # in the list of chats, beside the person who wrote it
        await desk.presses("Acknowledge")
        await desk.sees("Acknowledged by")
        await desk.opens("Personal Chat")
        await desk.sees("Acknowledged by")


async def _the_place(desk: Desk) -> None:
    await desk.picks("Example Academy North", "No, nothing points to one")
    await desk.presses("Continue")


def test_the_playground_is_given_nobody_who_is_not_on_the_first_academys_roster(tmp_path: Path) -> None:
    from adapters.teams.playground import write
    from adapters.trust_file import TrustFile
    from bot.practice import practised

    directory = practised(TrustFile(composition.EXAMPLE).current())
    made = json.loads(write(tmp_path, directory, "deputy-north").read_text(encoding="utf-8"))
    first = directory.academies[0]
    leads = {p.ids["teams"] for role in ("dsl", "deputy") for p in directory.holders(first.id, role)}
    there = {person["aadObjectId"] for person in (made["currentUser"], *made["users"])}
    assert there == leads
    assert len(made["users"]) == 5
    assert made["team"]["id"] == first.channel["teams"]
    assert (tmp_path / FILE).exists()

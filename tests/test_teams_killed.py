"""`kill -9` at random moments of many conversations in Teams: what was answered with 200 is kept, and told truly (I1).

The server is the real composition in a process of its own. One that answers first and works afterwards is the control:
the same harness must see it lose words.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.on_the_way import say
from tests.teams.fake import FakeTeams, Somebody, guid, text_of
from tests.teams.ledger import Call, Delivery
from tests.teams.presses import TROUBLE, Pressed
from tests.teams.reading import NotOnTheScreen, labels_of
from tests.teams_delivering import DSL
from tests.teams_process import Served
from tests.teams_school import NORTH, teams_trust, town

KILLS = 22
TELLERS = [guid(f"teller {number}") for number in range(8)]
PLACE = {"academy": ["Example Academy North"], "staff_concerned": ["No, nothing points to one"]}
PICKS = {f"field:{step}": picked for step, picked in PLACE.items()}
_REF = re.compile(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{2}\b")
_CASE = re.compile(rf"^Case ({_REF.pattern})$", re.MULTILINE)
UNSAVED = (say("teams.not_saved"), say("teams.unsure"), TROUBLE)
STALE = say("asking.stale")


def _teams(folder: Path) -> FakeTeams:
    people, places = town(teams_trust(folder))
    tellers = (Somebody(who, "Kim Example", upn=f"{who}@staff.example.org") for who in TELLERS)
    return FakeTeams([*people, *tellers], places)


@dataclass
class Told:
    """What the tellers did; and of each kill, how far the ledger was before it and when the next process served.

    What a process sent before its end may reach Teams a moment after it.
    """

    teams: FakeTeams
    said: list[Delivery] = field(default_factory=list)
    sent: dict[str, Pressed] = field(default_factory=dict)
    kills: list[tuple[int, int]] = field(default_factory=list)

    async def acts(self, who: str, round: int) -> None:
        """The next thing that one of them does: press on where they can, and write where not."""
        for label, picks in (("No, not that I know of", None), ("Continue", PICKS), ("Send now", None)):
            if await self._pressed(who, label, picks):
                return
        self.said.append(await self.teams.say(who, f"words {round} of {who}"))

    async def _pressed(self, who: str, label: str, picks: dict[str, list[str]] | None) -> bool:
        newest = self.teams.from_bot(who)[-1:]
        if who in self.sent or not newest:
            return False
        try:
            pressed = await self.teams.press(who, newest[0], label, picks or {})
        except NotOnTheScreen:
            return False
        if label == "Send now" and not any(sentence in pressed.said for sentence in UNSAVED):
            self.sent[who] = pressed
        return True


async def _killed_in_the_middle(served: Served, told: Told, round: int, moments: random.Random) -> int:
    """Everybody does something at the same moment; when some were answered, or a little later, the process is gone."""
    acting = [asyncio.create_task(told.acts(who, round)) for who in TELLERS]
    answered = moments.randint(0, len(TELLERS))
    await served.teams.until(lambda: sum(task.done() for task in acting) >= answered)
    await asyncio.sleep(moments.uniform(0.002, 0.1))
    before = served.teams.ledger.number()
    await served.kill()
    await asyncio.gather(*acting)
    return before


def _words(delivery: Delivery) -> str:
    return str(delivery.activity["text"])


def _handoffs(teams: FakeTeams) -> dict[str, list[Call]]:
    """The case's own card in the DSLs' channel, by reference: every call that made it stand there, in order."""
    found: dict[str, list[Call]] = {}
    for call in teams.calls("conversations.create", place=NORTH, performed=True):
        shown = text_of(call.body["activity"]["attachments"][0]["content"])
        if case := _CASE.search(shown):
            found.setdefault(case[1], []).append(call)
    return found


def _is_there(teams: FakeTeams, who: str, handoffs: dict[str, list[Call]]) -> bool:
    """Whether a teller's report is with the DSLs, or they were told that their press was an old card's."""
    read = "\n".join(text_of(message) for message in teams.from_bot(who))
    return STALE in read or any(ref in handoffs for ref in _REF.findall(read))


def _asked(teams: FakeTeams) -> dict[str, list[Call]]:
    """What was asked anew in personal chats, by its card: no two questions have the same, their buttons say which."""
    found: dict[str, list[Call]] = {}
    for call in teams.calls("activities.send", performed=True):
        if labels_of(call.body["attachments"][0]["content"]):
            found.setdefault(f"{call.place} {json.dumps(call.body['attachments'])}", []).append(call)
    return found


def _repeated_without_cause(said: dict[str, list[Call]], kills: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which stand twice though nobody was killed in between: each kill may leave one in doubt."""
    numbers = [[call.number for call in calls] for calls in said.values()]
    pairs = [pair for each in numbers for pair in pairwise(each)]
    return [
        (one, other) for one, other in pairs if not any(one < served and killed < other for killed, served in kills)
    ]


def _told_of(teams: FakeTeams) -> dict[str, int]:
    """For each reference that somebody was told is with a lead: the first call that told it."""
    found: dict[str, int] = {}
    for call in teams.calls("activities.*", performed=True):
        said = json.dumps(call.body, ensure_ascii=False)
        if "With the" in said and " since " in said:
            found.setdefault(_REF.findall(said)[0], call.number)
    return found


def _waiting(served: Served) -> int:
    with closing(sqlite3.connect(f"file:{served.file}?mode=ro", uri=True)) as books:
        return int(books.execute("select count(*) from outbox where state = 'waiting'").fetchone()[0])


async def test_whatever_was_answered_with_200_survives_every_kill_and_no_handoff_is_told_that_is_not_there(
    tmp_path: Path,
) -> None:
    moments = random.Random("teams 2026")
    async with _teams(tmp_path) as teams:
        served, told = Served(tmp_path, teams), Told(teams)
        await served.start()
        await teams.install(DSL, NORTH)
        for round in range(3 * KILLS):
            if round >= KILLS and len(told.sent) > 3:
                break
            before = await _killed_in_the_middle(served, told, round, moments)
            kept = Counter(await served.kept())
            assert [_words(each) for each in told.said if each.taken and kept[_words(each)] != 1] == []
            await served.start()
            told.kills.append((before, teams.ledger.number()))
        await teams.until(lambda: _waiting(served) == 0, 30)
        await served.stop()
        kept, handoffs = Counter(await served.kept()), _handoffs(teams)
        assert all(kept[_words(each)] <= 1 for each in told.said)
        assert len(told.sent) > 3
        assert [who for who in told.sent if not _is_there(teams, who, handoffs)] == []
        assert _repeated_without_cause(handoffs, told.kills) == []
        assert _repeated_without_cause(_asked(teams), told.kills) == []
        assert [ref for ref, number in _told_of(teams).items() if handoffs[ref][0].number > number] == []
        assert sum(each.taken for each in told.said) > KILLS


async def test_a_server_that_answers_first_loses_words_under_the_same_kills(tmp_path: Path) -> None:
    moments, lost = random.Random(2026), 0
    async with _teams(tmp_path) as teams:
        served, told = Served(tmp_path, teams, acknowledge_first=True), Told(teams)
        for round in range(40):
            await served.start()
            await _killed_in_the_middle(served, told, round, moments)
            kept = set(await served.kept())
            lost += sum(each.taken and _words(each) not in kept for each in told.said)
            if lost:
                break
    assert lost

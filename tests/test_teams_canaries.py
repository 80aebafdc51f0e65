"""Nothing that anybody wrote in Teams, and nothing of a file, reaches a message, a log, the raw database or an error.

A whole case is lived through with a mark in every field, while everything goes wrong once and everybody logs all they
can. The marks are looked for as they are and in every dress that a program puts on a text.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
import structlog

from bot.errors import HandrailError, StoreUnavailable
from bot.message import Card, Destination, Incoming, Reach
from tests.on_the_way import say
from tests.teams.activities import CANARY as OF_FILES
from tests.teams.fake import NotOnTheScreen, text_of
from tests.teams.reading import inputs_of, labels_of
from tests.teams.trouble import FaultKind
from tests.teams_school import STAFFROOM, TEACHER, TeamsSchool, by_practice_clock, entra_id, teams_school
from tests.test_slack_canaries import Everything, dresses

DSL, DEPUTY = entra_id("dsl-north"), entra_id("deputy-north")
FIELDS = (
    *("name", "first", "form", "words", "beside", "note", "edited", "deleted"),
    *("after", "overheard", "question", "reply", "leadnote"),
)
MARKS = {name: f"kestrel-{name}-4711 é/ü&“x”" for name in FIELDS}
KINDS = ("file", "inline", "hosted", "data", "reference", "sticker")
_PIXEL = "iVBORw0KGgoAAAANSUhEUg"


# --- looking ---


def found_in(kept: bytes) -> set[str]:
    """The names of the marks that stand in it, "file" among them."""
    marks = {name for name, mark in MARKS.items() if any(dress in kept for dress in dresses(mark))}
    return marks | ({"file"} if any(part.encode() in kept for part in (OF_FILES, _PIXEL)) else set())


@dataclass
class Watch:
    """Where a mark may have got to."""

    logs: Everything
    output: pytest.CaptureFixture[str]
    folder: Path
    errors: list[str] = field(default_factory=list)
    seen: dict[str, bytes] = field(default_factory=dict)
    said: str = ""

    def look(self, here: TeamsSchool) -> None:
        """What stands in the books and on the wire at this moment."""
        calls = json.dumps([(c.path, dict(c.query), c.body) for c in here.teams.calls()], ensure_ascii=False)
        asides = json.dumps([here.teams.asides, here.tenant.health()], ensure_ascii=False)
        now = {"books": here.raw(), "calls": calls.encode("utf-8", "replace"), "below": asides.encode()}
        self.seen = {place: self.seen.get(place, b"") + kept for place, kept in now.items()}

    def places(self) -> dict[str, bytes]:
        new = self.output.readouterr()
        self.said += new.out + new.err
        texts = {"logs": "\n".join(self.logs.seen), "output": self.said, "errors": "\n".join(self.errors)}
        files = b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        return {**self.seen, **{name: text.encode("utf-8", "replace") for name, text in texts.items()}, "files": files}

    def found(self) -> dict[str, set[str]]:
        return {place: marks for place, kept in self.places().items() if (marks := found_in(kept))}


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Watch]:
    """Everybody logs all they can, and every error of ours is written down as it is made."""
    root, logs = logging.getLogger(), Everything()
    level = root.level
    root.addHandler(logs)
    root.setLevel(logging.DEBUG)
    it = Watch(logs, capfd, tmp_path)

    def note(self: HandrailError, *args: object) -> None:
        it.errors.append(f"{type(self).__name__} {args!r}")
        Exception.__init__(self, *args)

    monkeypatch.setattr(HandrailError, "__init__", note)
    monkeypatch.setattr("adapters.teams.connector.CALL_SECONDS", 0.2)
    yield it
    root.removeHandler(logs)
    root.setLevel(level)


@asynccontextmanager
async def life(tmp_path: Path, watch: Watch) -> AsyncIterator[TeamsSchool]:
    async with teams_school(tmp_path) as here:
        here.teams.world.people[TEACHER].name = f"Sam {MARKS['name']}"
        yield by_practice_clock(here)
        watch.look(here)
        assert here.teams.calls("elsewhere") == []


async def lived(here: TeamsSchool, watch: Watch) -> None:
    """A case from its first words to the last note, with a mark in everything that anybody writes."""
    for chapter in (begun, told, told_more, asked, noted):
        await chapter(here)
        await here.passes(seconds=61)
        watch.look(here)


async def begun(here: TeamsSchool) -> None:
    await here.teams.mention(TEACHER, STAFFROOM, f"a girl has {MARKS['overheard']}")
    await here.says(f"A girl told me {MARKS['first']}")
    await here.says("no")


async def told(here: TeamsSchool) -> None:
    await patiently(here, here.submits_place)
    await patiently(here, lambda: here.writes(f"Jade {MARKS['form']}", "Save"))
    await patiently(here, lambda: here.presses("The child in the picture told me"))
    await here.says(f"He said {MARKS['words']}")
    for kind in KINDS:
        await here.teams.attach(TEACHER, kind, f"Look {MARKS['beside']} {kind}")
    await here.settles()


async def told_more(here: TeamsSchool) -> None:
    note = await here.teams.say(TEACHER, f"I think {MARKS['note']}")
    gone = await here.teams.say(TEACHER, f"Perhaps {MARKS['deleted']}")
    await here.teams.edit(TEACHER, note.id, f"I am sure {MARKS['edited']}")
    await here.teams.delete(TEACHER, gone.id)
    await here.settles()
    await patiently(here, lambda: here.presses("Send now"))
    await here.says(f"And then {MARKS['after']}")


async def asked(here: TeamsSchool) -> None:
    lead = has_the_case(here)
    await patiently(here, lambda: opens_form(here, lead, "Open case", "Ask the reporter"))
    await here.presses_in_dialog("Send", lead, f"Is she {MARKS['question']}")
    await patiently(here, lambda: opens_form(here, TEACHER, "Read it"))
    await here.presses_in_dialog("Send", TEACHER, f"She is {MARKS['reply']}")


async def noted(here: TeamsSchool) -> None:
    lead = has_the_case(here)
    await patiently(here, lambda: opens_form(here, lead, "Open case", "Add a note"))
    await here.presses_in_dialog("Save", lead, f"Spoke to {MARKS['leadnote']}")
    await patiently(here, lambda: opened(here, lead))
    await here.presses_in_dialog("Acknowledge", lead)


def has_the_case(here: TeamsSchool) -> str:
    """The first of the academy's leads who has it: the deputy, when a chat could not be had (403)."""
    there = {
        who: [label for message in here.teams.screen(who) for label in labels_of(message)] for who in (DSL, DEPUTY)
    }
    return next(who for who in there if "Open case" in there[who])


async def opened(here: TeamsSchool, lead: str) -> None:
    await here.presses("Open case", lead)
    if "Add a note" not in labels_of(here.teams.dialogs_of(lead)[-1].card):
        raise NotOnTheScreen("the case did not open")


async def opens_form(here: TeamsSchool, who: str, *labels: str) -> None:
    await here.presses(labels[0], who)
    for label in labels[1:]:
        await here.presses_in_dialog(label, who)
    if not inputs_of(here.teams.dialogs_of(who)[-1].card):
        raise NotOnTheScreen("no form came")


async def patiently(here: TeamsSchool, act: Callable[[], Awaitable[object]]) -> None:
    """Somebody who tries again when something did not come."""
    for left in reversed(range(8)):
        try:
            await act()
            return
        except (NotOnTheScreen, IndexError):
            if not left:
                raise
            await here.passes(seconds=31)


# --- nothing is found ---


def shown_to_leads(here: TeamsSchool) -> bytes:
    """All that was ever put into somebody's dialog."""
    cards = [card for dialog in here.teams.dialogs for card in (dialog.card, *dialog.earlier)]
    return json.dumps(cards, ensure_ascii=False).encode()


async def test_of_a_whole_case_nothing_that_was_written_is_found_but_in_dialogs(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path, watch) as here:
        await lived(here, watch)
        assert found_in(shown_to_leads(here)) == set(FIELDS) - {"overheard"}
        assert f"{len(KINDS)}" in text_of(here.teams.dialogs_of(DSL)[0].earlier[0])
        delivered = json.dumps([delivery.activity for delivery in here.teams.deliveries()])
        assert found_in(delivered.encode()) == {*FIELDS, "file"}
    assert watch.logs.seen != []
    assert watch.found() == {}


METHODS = (
    *("activities.send", "activities.update", "conversations.create", "members.get", "members.page"),
    *("teams.get", "teams.channels", "graph.team"),
)
MORE: dict[str, dict[str, Any]] = {
    "status": {"status": 500},
    "slow": {"seconds": 0.25},
    "hang": {"seconds": 0.25},
    "redirect": {"location": "http://127.0.0.1:9/elsewhere"},
    "missing": {"field": "id"},
}


@pytest.mark.parametrize("kind", [*sorted(set(get_args(FaultKind)) - {"lose"}), "throttled", "forbidden", "unproved"])
async def test_nor_when_everything_goes_wrong_once(tmp_path: Path, watch: Watch, kind: str) -> None:
    async with life(tmp_path, watch) as here:
        struck = [here.teams.fault(**each) for each in faults(kind)]
        await lived(here, watch)
        assert sum(fault.hits for fault in struck) >= 4
    assert watch.found() == {}


def faults(kind: str) -> list[dict[str, Any]]:
    statuses = {"throttled": 429, "forbidden": 403, "unproved": 401}
    if kind in statuses:
        return [{"kind": "status", "method": method, "status": statuses[kind]} for method in METHODS]
    return [{"kind": kind, "method": method, **MORE.get(kind, {})} for method in METHODS]


async def test_nor_when_the_books_are_shut(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path, watch) as here:
        await begun(here)
        await told(here)
        here.store.close()
        delivery = await here.teams.attach(TEACHER, "file", f"He said {MARKS['after']}")
        await here.teams.settled()
        assert not delivery.taken
    assert watch.found() == {}


@pytest.mark.parametrize("where", ["bot.receiving.receive", "adapters.teams.receive.Reception.message"])
async def test_nor_when_a_turn_breaks_over_the_words_themselves(
    tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async def broken_message(self: object, activity: dict[str, Any]) -> None:
        raise ValueError(str(activity))

    def broken(tx: object, incoming: Incoming, *_: object) -> None:
        raise ValueError(incoming.text)

    async with life(tmp_path, watch) as here:
        monkeypatch.setattr(where, broken_message if where.endswith("message") else broken)
        await here.teams.attach(TEACHER, "file", f"He said {MARKS['words']}")
        await here.teams.settled()
        await here.settles()
    places = watch.places()
    assert b"ValueError" in places["logs"] + places["output"]
    assert watch.found() == {}


async def test_nor_when_a_dialog_breaks_over_what_it_was_to_show(
    tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(card: Card, *_: object) -> None:
        raise ValueError(str(card))

    async with life(tmp_path, watch) as here:
        await begun(here)
        await here.submits_place()
        await here.says(f"Jade {MARKS['words']}")
        await here.presses("Send now")
        monkeypatch.setattr("adapters.teams.pressing.case_dialog", broken)
        assert (await here.presses("Open case", DSL)).trouble
        here.teams.complaints.clear()
    assert b"ValueError" in watch.places()["logs"] + watch.places()["output"]
    assert watch.found() == {}


# --- files ---


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_is_refused_and_counted_and_what_stands_beside_it_is_kept(
    tmp_path: Path, watch: Watch, kind: str
) -> None:
    async with life(tmp_path, watch) as here:
        await here.teams.attach(TEACHER, kind, f"here it is {MARKS['beside']}")
        await here.settles()
        assert say("files.refused") in here.reads(TEACHER)
        await here.says("no")
        await here.submits_place()
        await here.presses("Send now")
        await here.presses("Open case", DSL)
        assert say("files.noted", count="1") in here.dialog(DSL)
        assert f"here it is {MARKS['beside']}" in here.dialog(DSL)
        assert here.teams.calls("graph.*") == here.teams.calls("graph.team")
    assert watch.found() == {}


async def test_a_file_alone_opens_a_report_of_which_nothing_but_the_number_is_kept(
    tmp_path: Path, watch: Watch
) -> None:
    async with life(tmp_path, watch) as here:
        await here.teams.attach(TEACHER, "inline")
        await here.settles()
        assert say("files.refused") in here.reads(TEACHER)
    assert watch.found() == {}


# --- what would be found ---


async def test_a_message_a_log_an_output_an_error_and_a_file_that_leak_are_found(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path, watch) as here:
        leak = Card(say("notification.reply"), title=MARKS["after"])
        await here.tenant.door.post(Destination("teams", Reach.PERSON, TEACHER), leak)
        logging.getLogger("somebody").debug("heard", extra={"body": MARKS["words"]})
        structlog.get_logger().info("heard", text=MARKS["note"])
        assert str(StoreUnavailable(MARKS["reply"]))
        here.teams.asides.append((TEACHER, MARKS["first"]))
        with sqlite3.connect(here.file) as books:
            books.execute("insert into marks (name, at) values (?, 0)", (MARKS["question"],))
        books.close()
        (tmp_path / "left-behind").write_text(OF_FILES)
    found = {"calls": {"after"}, "logs": {"words"}, "output": {"note"}, "errors": {"reply"}, "below": {"first"}}
    assert watch.found() == {**found, "books": {"question"}, "files": {"question", "file"}}

"""Nothing that anybody wrote, and nothing of a picture, reaches a log, the raw database, the output or an error.

A whole case is lived through with a mark in every field, while everything goes wrong once and everybody logs all they
can. The marks are looked for as they are and in every dress that a program puts on a text.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, quote_plus

import pytest
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.sweep import Tempo
from bot.errors import HandrailError, StoreUnavailable
from bot.message import Incoming
from tests.slack.fake import NotOnTheScreen
from tests.slack.payloads import THUMB_TINY
from tests.slack.reading import labels_of
from tests.slack.trouble import FaultKind
from tests.slack_school import OTHER_TEACHER, STAFFROOM, TEACHER, WAYS, SlackSchool, slack_id, slack_school
from tests.sources import phrases

SAY = phrases()
DSL = slack_id("dsl-north")

FIELDS = (
    "name",
    "command",
    "form",
    "words",
    "note",
    "edited",
    "deleted",
    "after",
    "overheard",
    "shortcut",
    "question",
    "reply",
    "leadnote",
)
MARKS = {name: f"kestrel-{name}-4711 é/ü&“x”" for name in FIELDS}
OF_FILES = ("IMG_SECRET_", "secret_1.jpg", "files.example.org", "public.example.org")


def say(key: str) -> str:
    found = SAY[key]
    assert isinstance(found, str)
    return found


# --- looking ---


@cache
def dresses(text: str) -> frozenset[bytes]:
    """A text, and the first word of it, as a log, a database or an error may show them."""
    return frozenset(dress for part in (text, text.partition(" ")[0]) for dress in _dresses(part))


def _dresses(text: str) -> Iterator[bytes]:
    raw, escaped = text.encode(), json.dumps(text)[1:-1]
    worn = [text, text.casefold(), escaped, json.dumps(escaped)[1:-1], repr(text)[1:-1], repr(raw)[2:-1]]
    worn += [quote(text), quote(text, safe=""), quote_plus(text), html.escape(text)]
    worn += [raw.hex(), raw.hex().upper(), raw.hex(" ")]
    yield from (each.encode() for each in worn)
    yield text.encode("utf-16-le")
    yield from _base64(raw)


def _base64(raw: bytes) -> Iterator[bytes]:
    """The middle of it, wherever in a longer text it may have stood."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * before + raw)[4:-4]


def windows(whole: bytes, size: int = 16) -> set[bytes]:
    return {whole[at : at + size] for at in range(len(whole) - size + 1)}


def picture() -> set[bytes]:
    """Every sixteen bytes of the tiny picture, as it is and as Slack sends it."""
    return windows(base64.b64decode(THUMB_TINY)) | windows(THUMB_TINY.encode())


def found_in(kept: bytes) -> set[str]:
    """The names of the marks that stand in it, "picture" and "file" among them."""
    marks = {name for name, mark in MARKS.items() if any(dress in kept for dress in dresses(mark))}
    marks |= {"picture"} if any(part in kept for part in picture()) else set()
    return marks | ({"file"} if any(name.encode() in kept for name in OF_FILES) else set())


class Everything(logging.Handler):
    """Every record of every logger, with all that hangs on it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen += [self.format(record), repr(record.__dict__)]
        fault = record.exc_info[1] if record.exc_info else None
        self.seen += [repr(fault), repr(getattr(fault, "__cause__", None)), repr(getattr(fault, "__context__", None))]


@dataclass
class Watch:
    """Where a mark may have got to. `kept` gives all of it as bytes."""

    logs: Everything
    output: pytest.CaptureFixture[str]
    folder: Path
    errors: list[str] = field(default_factory=list)
    books: list[bytes] = field(default_factory=list)
    said: str = ""

    def places(self) -> dict[str, bytes]:
        new = self.output.readouterr()
        self.said += new.out + new.err
        return {
            "logs": "\n".join(self.logs.seen).encode("utf-8", "replace"),
            "output": self.said.encode("utf-8", "replace"),
            "errors": "\n".join(self.errors).encode("utf-8", "replace"),
            "books": b"".join(self.books),
            "files": b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file()),
        }

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
    monkeypatch.setattr("adapters.slack.api.CALL_SECONDS", 0.2)
    yield it
    root.removeHandler(logs)
    root.setLevel(level)


@asynccontextmanager
async def life(tmp_path: Path, way: str = "http") -> AsyncIterator[SlackSchool]:
    async with slack_school(tmp_path, way) as here:
        here.slack.world.people[TEACHER].name = f"Sam {MARKS['name']}"
        here.workspace._sweep.tempo = Tempo(calls_a_minute=600_000)
        yield here


async def lived(here: SlackSchool, watch: Watch, *, sweeps: bool = False) -> None:
    """A case from its first words to the last note, with a mark in everything that anybody writes."""
    for chapter in (begun, told, told_more, asked, noted):
        await chapter(here)
        await here.passes(seconds=61)
        if sweeps:
            await here.workspace.sweep()
            await here.settles()
        watch.books.append(here.raw())


async def begun(here: SlackSchool) -> None:
    await here.slack.command(TEACHER, "/disclosure", f"A girl told me {MARKS['command']}", STAFFROOM)
    await here.slack.mentions(TEACHER, STAFFROOM, f"a girl has {MARKS['overheard']}")
    await here.slack.says(OTHER_TEACHER, f"look at this {MARKS['shortcut']}", channel=STAFFROOM)
    await here.slack.shortcut(TEACHER, "raise_concern", here.slack.channel(STAFFROOM)[-1])
    await here.says("no")


async def told(here: SlackSchool) -> None:
    await patiently(here, here.submits_place)
    await patiently(here, lambda: opens_form(here, say("form.private"), TEACHER))
    await here.writes(f"Jade {MARKS['form']}", TEACHER)
    await patiently(here, lambda: here.presses("The child in the picture told me"))
    await here.says(f"He said {MARKS['words']}", files=2)


async def told_more(here: SlackSchool) -> None:
    for name, text in (("note", "I think"), ("deleted", "Perhaps")):
        await here.says(f"{text} {MARKS[name]}")
    note, gone = [m.ts for m in here.slack.screen(TEACHER) if m.author == TEACHER][-2:]
    await here.slack.edits(TEACHER, note, f"I am sure {MARKS['edited']}")
    await here.slack.deletes(TEACHER, gone)
    await here.settles()
    await patiently(here, lambda: here.presses("Send now"))
    await here.says(f"And then {MARKS['after']}")


async def asked(here: SlackSchool) -> None:
    await patiently(here, lambda: opens_case(here))
    await patiently(here, lambda: opens_form(here, "Ask the reporter", DSL))
    await here.writes(f"Is she {MARKS['question']}", DSL)
    await patiently(here, lambda: opens_form(here, "Read it", TEACHER, "Write your answer"))
    await here.writes(f"She is {MARKS['reply']}", TEACHER)


async def noted(here: SlackSchool) -> None:
    await patiently(here, lambda: opens_case(here))
    await patiently(here, lambda: opens_form(here, "Add a note", DSL))
    await here.writes(f"Spoke to {MARKS['leadnote']}", DSL)
    await patiently(here, lambda: opens_case(here))
    await here.presses_in_view("Acknowledge", DSL)
    await here.slack.opens_home(TEACHER)
    await here.settles()


async def opens_case(here: SlackSchool) -> None:
    """Open the case and see that its content is there."""
    await here.presses("Open case", DSL)
    if "Add a note" not in labels_of(here.slack.views_of(DSL)[-1]):
        raise NotOnTheScreen("the case did not open")


async def opens_form(here: SlackSchool, label: str, who: str, then: str = "") -> None:
    """Press, in the view that stands open or else in the messages, until there is a form."""
    views = here.slack.views_of(who)
    if views and label in labels_of(views[-1]):
        await here.presses_in_view(label, who)
    elif not (views and then in labels_of(views[-1])):
        await here.presses(label, who)
    if then:
        await here.presses_in_view(then, who)
    if not here.slack.fields(here.slack.views_of(who)[-1]):
        raise NotOnTheScreen("no form came")


async def patiently(here: SlackSchool, act: Callable[[], Awaitable[None]]) -> None:
    """Somebody who tries again when something did not come."""
    for left in reversed(range(6)):
        try:
            await act()
            return
        except (NotOnTheScreen, IndexError):
            if not left:
                raise
            await here.passes(seconds=31)


# --- nothing is found ---


async def shown_to_leads(here: SlackSchool) -> bytes:
    """All that was ever put into somebody's view."""
    views = [call.arguments for call in here.slack.calls("views.update", "views.open")]
    return json.dumps(views, ensure_ascii=False).encode()


@pytest.mark.parametrize("way", WAYS)
async def test_of_a_whole_case_nothing_that_was_written_is_found_anywhere(
    tmp_path: Path, watch: Watch, way: str
) -> None:
    async with life(tmp_path, way) as here:
        await lived(here, watch)
        assert found_in(await shown_to_leads(here)) == set(FIELDS) - {"overheard", "shortcut"}
        assert "thumb_tiny" in str([delivery.payload for delivery in here.slack.deliveries()])
    assert watch.logs.seen != []
    assert watch.found() == {}


METHODS = (
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "views.open",
    "views.update",
    "views.publish",
    "users.info",
    "conversations.info",
    "conversations.members",
    "conversations.open",
    "conversations.history",
)
MORE: dict[str, dict[str, Any]] = {
    "status": {"status": 500},
    "slow": {"seconds": 0.25},
    "error": {"error": "invalid_blocks"},
    "html": {"status": 200},
    "missing": {"field": "id"},
}


@pytest.mark.parametrize("kind", [*get_args(FaultKind), "throttled", "revoked"])
async def test_nor_when_everything_goes_wrong_once(tmp_path: Path, watch: Watch, kind: str) -> None:
    async with life(tmp_path) as here:
        struck = [here.slack.fault(**each) for each in faults(kind)]
        await lived(here, watch, sweeps=kind == "lose_events")
        assert sum(fault.hits for fault in struck) >= min(5, len(struck))
    assert watch.found() == {}


def faults(kind: str) -> list[dict[str, Any]]:
    if kind == "lose_events":
        return [{"kind": kind, "method": "message", "times": 0, "chance": 0.5}]
    if kind == "throttled":
        return [{"kind": "status", "method": method, "status": 429, "retry_after": "5"} for method in METHODS]
    if kind == "revoked":
        return [{"kind": "error", "method": method, "error": "token_revoked"} for method in METHODS]
    return [{"kind": kind, "method": method, **MORE.get(kind, {})} for method in METHODS]


async def test_nor_when_the_books_are_shut(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path) as here:
        await begun(here)
        await told(here)
        here.store.close()
        await here.slack.says(TEACHER, f"He said {MARKS['after']}", files=1)
        await here.slack.settled()
    assert watch.found() == {}


@pytest.mark.parametrize("where", ["bot.receiving.receive", "adapters.slack.receive.Reception.event"])
async def test_nor_when_a_turn_breaks_over_the_words_themselves(
    tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async def broken_event(self: object, body: dict[str, Any]) -> None:
        raise ValueError(str(body))

    def broken(tx: object, incoming: Incoming, *_: object) -> None:
        raise ValueError(incoming.text)

    monkeypatch.setattr(where, broken_event if where.endswith("event") else broken)
    async with life(tmp_path) as here:
        await here.slack.says(TEACHER, f"He said {MARKS['words']}", files=1)
        await here.slack.settled()
        await here.settles()
        watch.books.append(here.raw())
    places = watch.places()
    assert b"ValueError at" in places["logs"] + places["output"]
    assert watch.found() == {}


async def test_nor_when_a_view_breaks_over_what_it_was_to_show(
    tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: object, view_id: str, view: dict[str, Any]) -> None:
        raise ValueError(str(view))

    monkeypatch.setattr("adapters.slack.screens.Screens.update_view", broken)
    async with life(tmp_path) as here:
        await begun(here)
        await here.submits_place()
        await here.says(f"Jade {MARKS['words']}")
        await here.presses("Send now")
        await here.presses("Open case", DSL)
    assert b"ValueError at" in watch.places()["output"] + watch.places()["logs"]
    assert watch.found() == {}


# --- what would be found ---


@pytest.mark.parametrize("name", FIELDS)
async def test_a_mark_is_found_in_every_dress(name: str) -> None:
    for dress in dresses(MARKS[name]):
        assert found_in(b"before " + dress + b" after") == {name}


async def test_a_log_an_output_an_error_and_a_file_that_leak_are_found(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path) as here:
        await begun(here)
        logging.getLogger("somebody").debug("heard", extra={"body": MARKS["words"]})
        structlog.get_logger().info("heard", text=MARKS["note"])
        assert str(StoreUnavailable(MARKS["reply"]))
        with sqlite3.connect(here.file) as books:
            books.execute("insert into marks (name, at) values (?, 0)", (MARKS["question"],))
        books.close()
        (tmp_path / "left-behind").write_bytes(base64.b64decode(THUMB_TINY))
        watch.books.append(here.raw())
    found = watch.found()
    assert found == {
        "logs": {"words"},
        "output": {"note"},
        "errors": {"reply"},
        "books": {"question"},
        "files": {"question", "picture"},
    }


async def test_a_library_that_logs_what_it_sends_is_found(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path) as here:
        quiet, loud = here.workspace.api.client, logging.getLogger("loud")
        session = quiet.session
        here.workspace.api.client = AsyncWebClient(
            quiet.token, quiet.base_url, session=session, retry_handlers=[], logger=loud
        )
        await lived(here, watch)
    assert {"words", "form", "question"} <= watch.found()["logs"]


async def test_an_event_that_is_kept_whole_is_found(tmp_path: Path, watch: Watch) -> None:
    async with life(tmp_path) as here:
        delivery = await here.slack.says(TEACHER, "here it is", files=1)
        logging.getLogger("somebody").debug(json.dumps(delivery.payload))
    assert watch.found() == {"logs": {"picture", "file"}}

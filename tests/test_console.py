"""The conversation in a terminal, driven through a real pseudo-terminal and through plain pipes."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import sys
import unicodedata
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.choices import literal
from adapters.clock import PracticeClock
from adapters.console import Console
from bot.message import Action, Card, Destination, Passage, Reach
from tests.web.running import CHANNELS, PEOPLE
from tests.web.scripted import NOTIFICATION, Scripted

TALKING = """
import asyncio
from adapters.clock import PracticeClock
from adapters.console import Console
from tests.web.running import CHANNELS, PEOPLE
from tests.web.scripted import Scripted
bot = Scripted()
bot.door = Console(PEOPLE, CHANNELS, PracticeClock())
asyncio.run(bot.door.run(bot.hear))
print("HEARD", [(each.sender.id, each.text, each.press and each.press.action.value) for each in bot.heard])
"""


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.console.QUIET_SECONDS", 0.02)


class Typist:
    """Somebody at a terminal: types a line, reads what comes, picks a choice by its words."""

    def __init__(self, child: asyncio.subprocess.Process, into: int, out: asyncio.StreamReader) -> None:
        self.child, self._into, self._out, self.seen = child, into, out, ""

    async def until(self, words: str) -> str:
        while words not in self.seen:
            more = await asyncio.wait_for(self._out.read(4096), 10)
            assert more, f"the end came before {words!r}: {self.seen[-500:]}"
            self.seen += re.sub(r"\x1b\[[0-9;]*m", "", more.decode().replace("\r\n", "\n"))
        return self.seen

    def write(self, line: str) -> None:
        os.write(self._into, line.encode() + b"\n")

    async def pick(self, *labels: str) -> None:
        """Pick these choices in one line, each by the last number it was given."""
        for label in labels:
            await self.until(f"] {label}")
        numbers = [re.findall(rf"\[(\d+)\] {re.escape(label)}", self.seen)[-1] for label in labels]
        self.seen = ""
        self.write(" ".join(f"/{number}" for number in numbers))


async def at_a_terminal() -> Typist:
    ours, theirs = pty.openpty()
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", TALKING, stdin=theirs, stdout=theirs)
    os.close(theirs)
    return Typist(child, ours, await _reader(ours))


async def at_a_pipe() -> Typist:
    theirs_in, into = os.pipe()
    out, theirs_out = os.pipe()
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", TALKING, stdin=theirs_in, stdout=theirs_out)
    os.close(theirs_in)
    os.close(theirs_out)
    return Typist(child, into, await _reader(out))


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    pipe = os.fdopen(os.dup(descriptor), "rb", 0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


@pytest.mark.parametrize("sit_down", [at_a_terminal, at_a_pipe], ids=["terminal", "pipe"])
async def test_the_whole_path_can_be_typed(sit_down: Callable[[], Awaitable[Typist]]) -> None:
    typist = await sit_down()
    await typist.until("/quit")
    typist.write("Hello")
    seen = await typist.until("Stop")
    assert "! If the child is hurt" in seen
    assert "+ DO: Stay with the child" in seen
    assert "x DO NOT: Look at the picture" in seen
    await typist.pick("No")
    await typist.pick("Example Academy North", "Yes", "Continue")
    await typist.pick("Hurting themselves", "Continue")
    await typist.until("What did the child say?")
    typist.write("They keep asking me for more.")
    await typist.until("-- New for channel north-safeguarding. To see it: /as dsl-north")
    typist.seen = ""
    typist.write("/as dsl-north")
    await typist.pick("Open case")
    assert "| They keep asking me for more." in await typist.until("Opening this case was written down.")
    await typist.pick("Acknowledge")
    await typist.until("Acknowledged by the DSL at 10:52")
    typist.write("/as teacher")
    await typist.until("Acknowledged by the DSL at 10:52.")
    typist.write("/quit")
    heard = await typist.until("('dsl-north', '', 'acknowledge')]")
    assert "('teacher', 'They keep asking me for more.', None)" in heard
    assert await asyncio.wait_for(typist.child.wait(), 5) == 0


async def typed(*lines: str, bot: Scripted | None = None) -> tuple[Scripted, Console, str]:
    """A console that reads these lines from a pipe and comes to the end of them."""
    bot, out = bot or Scripted(), io.StringIO()
    console = Console(PEOPLE, CHANNELS, PracticeClock())
    bot.door = console
    keys = io.BytesIO("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    await console.run(bot.hear, keys, out)
    return bot, console, out.getvalue()


async def test_a_number_that_was_not_given_out_presses_nothing_and_a_bare_one_is_words() -> None:
    bot, _, out = await typed("/99", "14", "[98]")
    assert [(each.text, each.press) for each in bot.heard] == [("14", None)]
    assert "There is no choice 99 now." in out


async def test_a_number_of_a_card_that_was_replaced_presses_nothing_any_more() -> None:
    bot, _, out = await typed("Hello", "/2", "/1")
    assert [each.press.action for each in bot.heard if each.press] == [Action.ANSWER]
    assert "There is no choice 1 now." in out


@pytest.mark.parametrize(
    ("picks", "stands"),
    [
        (("Hurting themselves", "Afraid to go home"), ("self_harm", "home")),
        (("Hurting themselves", "None of these"), ("none",)),
        (("None of these", "Afraid to go home"), ("home",)),
    ],
)
async def test_an_exclusive_answer_stands_alone(picks: Sequence[str], stands: tuple[str, ...]) -> None:
    options = {"Hurting themselves": 18, "Afraid to go home": 19, "None of these": 20}
    numbers = " ".join(f"/{options[pick]}" for pick in picks)
    bot, _, out = await typed("Hello", "/2", "/13", f"{numbers} /22")
    assert "[18] Hurting themselves" in out
    pressed = bot.heard[-1].press
    assert pressed is not None
    assert pressed.answers == {"worries": stands}


async def _at_a_form(*lines: str) -> tuple[Scripted, Console, str]:
    """The lead has opened the case, and then types these lines."""
    bot = Scripted()
    to_the_case = ("Hello", "/2", "/8 /11 /13", "/18 /22", "He said it", "/as dsl-north", "/31")
    return await typed(*to_the_case, *lines, bot=bot)


def _notes(bot: Scripted) -> list[str]:
    return [each.text for each in bot.heard if each.press and each.press.action is Action.ADD_NOTE]


async def test_a_choice_that_writes_asks_first_and_takes_the_next_line_as_the_words() -> None:
    bot, _, out = await _at_a_form("/34", "The form tutor knows.", "and this is said to Handrail")
    assert out.index("Your note") < out.index("What should the other leads know?")
    assert _notes(bot) == ["The form tutor knows."]
    assert "| The form tutor knows." in out
    assert (bot.heard[-1].text, bot.heard[-1].press) == ("and this is said to Handrail", None)


@pytest.mark.parametrize("left", ["/cancel", "/as deputy-north", "/33"])
async def test_a_form_that_was_left_takes_nothing(left: str) -> None:
    bot, _, _ = await _at_a_form("/34", left, "Not meant as a note.")
    assert _notes(bot) == []
    assert (bot.heard[-1].text, bot.heard[-1].press) == ("Not meant as a note.", None)


async def test_a_command_that_asks_something_else_leaves_the_form_open() -> None:
    bot, _, out = await _at_a_form("/34", "/people", "[1] is how I would begin a list.")
    assert _notes(bot) == ["[1] is how I would begin a list."]
    assert "/as deputy-north" in out


async def test_with_no_form_open_there_is_nothing_to_leave() -> None:
    bot, _, out = await typed("/cancel")
    assert "There is nothing to leave." in out
    assert bot.heard == []


async def test_the_terminal_offers_no_form_for_what_a_line_takes_as_privately() -> None:
    _, _, out = await typed("Hello", "/2", "/8 /11 /13", "/18 /22")
    assert "What did the child say?" in out
    assert "Write it privately" not in out


async def test_contacts_and_a_pretended_picture_can_be_asked_for_at_any_time() -> None:
    bot, _, out = await typed("/contacts", "/contacts", "/picture")
    assert [(each.text, each.attachments) for each in bot.heard][-1] == ("", 1)
    assert bot.heard[0].text == "contacts"
    assert bot.heard[1].press is not None
    assert bot.heard[1].press.action is Action.CONTACTS
    assert "* Example First Response: 01632 960111" in out
    assert "Handrail takes no pictures" in out


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [("2026-12-25T02:00", "2026-12-25 02:00 UTC"), ("2026-07-03T16:31", "2026-07-03 15:31 UTC")],
)
async def test_the_clock_is_set_in_london_time(wanted: str, shown: str) -> None:
    _, console, out = await typed(f"/clock {wanted}")
    assert f"The clock says {shown}." in out
    assert f"{console.clock.now():%Y-%m-%d %H:%M}" in shown


@pytest.mark.parametrize("wrong", ["", "later", "+x", "+-3", "1066-10-14T09:00"])
async def test_a_time_that_is_none_gets_an_example(wrong: str) -> None:
    _, console, out = await typed(f"/clock {wrong}")
    assert "like /clock 2026-12-25T02:00" in out
    assert console.clock.real


async def test_when_nothing_can_be_kept_the_person_is_told_whom_to_ring() -> None:
    bot = Scripted()
    bot.failing = True
    _, _, out = await typed("Hello", bot=bot)
    assert "ring 999" in out


async def test_words_are_heard_just_as_they_were_typed_and_nobody_unknown_can_be_acted_as() -> None:
    words = "  caf\udce9 \u202e [b]bold[/b] :smile: \x1b[2J"
    bot, _, out = await typed("/as nobody", words)
    assert (bot.heard[0].sender.id, bot.heard[0].text) == ("teacher", words)
    assert "/as deputy-north  Robin Example, Deputy DSL" in out


async def test_nothing_that_somebody_wrote_drives_the_terminal_or_becomes_markup() -> None:
    console, out = Console(PEOPLE, CHANNELS, PracticeClock()), io.StringIO()
    console._screen.file = out
    hostile = "a\x1b[2J\x07\x9b31m \u202eb [red]c[/red] :smile: \ud800"
    card = Card(NOTIFICATION, hostile, (Passage((hostile,)),))
    await console.post(Destination("web", Reach.PERSON, "teacher"), card)
    assert "[red]c[/red] :smile: \\ud800" in out.getvalue()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out.getvalue())


@given(st.text(st.characters()))
def test_no_character_that_a_terminal_acts_on_is_ever_printed(text: str) -> None:
    assert not [
        each for each in literal(text) if unicodedata.category(each) in {"Cc", "Cf", "Cs"} and each not in "\n\t"
    ]

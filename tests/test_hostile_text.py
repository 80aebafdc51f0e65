"""Whatever is typed, and whatever name a platform shows, is kept as given and shown literally (T29, T71)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.case import Kind
from bot.message import Incoming, Person
from tests.on_the_way import TEACHER, answers, chronology, conversation, goes_to, kept, opened, refs, say
from tests.school import School, school

HOSTILE = {
    "a hundred thousand characters": "he said " * 12_500,
    "a hundred thousand braces": "{" * 100_000,
    "NUL": "before\x00after",
    "lone surrogates": "\ud800 and \udfff",
    "right to left": "\u202egnp.erutcip\u202c \u2066x\u2069",
    "Zalgo": "J" + "\u0300\u0301\u0302\u0489" * 500 + "ade",
    "a Slack broadcast": "<!channel> <@U1> <http://example.invalid|click>",
    "a card's link": "[x](http://example.invalid) **bold** <script>alert(1)</script>",
    "braces": "{braces} {0} {ref} {when} {what} {name} {{twice}} {0.__class__} {",
    "percents": "%s %d %(ref)s %n %",
    "backslashes": "\\x00 \\u0000 \\n ${HOME} $(id) `id`",
    "control characters": "\x07\x08\x1b[31mred\x1b[0m\x7f\r\n\u2028\u2029",
    "emoji": "👩‍👧 🏳️‍🌈 👍🏽",
    "SQL": "'); drop table cases; --",
}
_hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)

_any_text = st.one_of(
    st.text(st.characters(), min_size=1, max_size=80),
    st.text(st.sampled_from("{}%s<>@!|[]()*_`\\\x00\ud800\udfff\u202e\u0300"), min_size=1, max_size=40),
)


@_hostile
async def test_it_is_kept_as_given_at_every_place_where_words_are_taken(here: School, text: str) -> None:
    await here.says(text)
    assert await kept(here, Kind.FIRST_WORDS) == [text]
    await here.says("no")
    await answers(here)
    await here.says(text)
    assert (await conversation(here)).answers["child"].words == text
    await answers(here)
    await here.says(text)
    assert (await conversation(here)).answers["words"].words == text
    await here.says(text)
    assert await kept(here, Kind.NOTE) == [text]
    await here.presses("Send now")
    await here.presses("Send now")
    await here.says(text)
    assert await kept(here, Kind.ADDITION) == [text]
    assert not await kept(here, Kind.UNREAD)


@_hostile
async def test_the_lead_reads_it_byte_for_byte(here: School, text: str) -> None:
    await goes_to(here, "child", first=text)
    await here.says(text)
    await answers(here)
    await here.says(text)
    await here.presses("Send now")
    card = await opened(here)
    literal = [line for passage in card.passages if passage.tone == "verbatim" for line in passage.lines]
    assert text in literal
    assert [line for line in literal if line.endswith(text)]
    assert sum(text in line for line in literal) >= 5


@_hostile
async def test_nothing_of_it_reaches_a_channel_or_a_notification(here: School, text: str) -> None:
    await goes_to(here, "child", first=text)
    await here.says(text)
    await answers(here)
    await here.says(text)
    await here.presses("Send now")
    assert text not in here.channel_reads()
    assert here.channel()
    assert not [card for card in here.screen("teacher") if text in card.notification]


@_hostile
async def test_a_hostile_name_is_shown_literally_and_to_the_lead_alone(here: School, text: str) -> None:
    await here.hears(Incoming(TEACHER, "k-1", here.clock.now(), "A girl told me something", sender_name=text))
    await here.says("no")
    await answers(here)
    await here.presses("Send now")
    card = await opened(here)
    assert say("view.told_by", name="\0").replace("\0", text) in [line for p in card.passages for line in p.lines]
    assert text not in here.channel_reads()


@_hostile
async def test_it_is_sealed_on_the_disk(here: School, text: str) -> None:
    await goes_to(here, "child", first=text)
    await here.says(text)
    part = text.encode("utf-8", "surrogatepass")[:40]
    assert part not in here.raw()


@_hostile
async def test_it_may_be_the_id_or_the_key_of_a_platform_without_an_exception(here: School, text: str) -> None:
    await here.hears(Incoming(Person("web", f"x{text}"), text, here.clock.now(), "A girl told me something"))
    assert len(refs(here)) == 1


def test_any_text_at_all_is_kept_and_shown_as_given() -> None:
    @settings(max_examples=25, deadline=None)
    @example("{} {0} {when}", "%s", "\ud800\x00")
    @given(_any_text, _any_text, _any_text)
    def holds(first: str, child: str, name: str) -> None:
        asyncio.run(_kept_and_shown(first, child, name))

    holds()


async def _kept_and_shown(first: str, child: str, name: str) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await here.hears(Incoming(TEACHER, "k-1", here.clock.now(), first, sender_name=name))
        await here.says("no")
        await answers(here)
        await here.says(child)
        await here.says("send now")
        assert child in [entry.words for entry in await chronology(here)]
        assert await kept(here, Kind.FIRST_WORDS) == [first]
        assert not await kept(here, Kind.UNREAD)
        shown = [line for passage in (await opened(here)).passages for line in passage.lines]
        assert any(line.endswith(first) for line in shown)
        assert any(line.endswith(child) for line in shown)
        assert here.channel()

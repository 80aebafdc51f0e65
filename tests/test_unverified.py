"""Where nobody can say whether somebody is staff, their words are kept all the same, and the lead is told so."""

from __future__ import annotations

from dataclasses import replace

from bot.message import Change, Incoming
from tests.on_the_way import FIRST, lead_reads, say
from tests.school import School

UNVERIFIED = say("post.unverified")


def unverified(here: School, text: str, **more: object) -> Incoming:
    return replace(here.incoming("teacher", text=text), unverified=True, **more)  # type: ignore[arg-type]


async def tells_the_essentials(here: School, first: Incoming) -> None:
    """As a teacher would, each message as doubtful as the first."""
    doubt = first.unverified
    hears = here.bot.hear

    async def hear(incoming: Incoming) -> object:
        return await hears(replace(incoming, unverified=doubt and incoming.sender == first.sender))

    here.bot.hear = hear  # type: ignore[assignment]
    await here.tells_the_essentials()
    here.bot.hear = hears  # type: ignore[method-assign]


async def test_the_words_are_kept_and_handed_off_and_every_lead_is_told_that_it_is_not_confirmed(here: School) -> None:
    await tells_the_essentials(here, unverified(here, FIRST))
    assert UNVERIFIED in here.channel_reads()
    assert UNVERIFIED in await lead_reads(here)
    assert UNVERIFIED not in here.reads("teacher")


async def test_whoever_is_known_to_be_staff_carries_no_such_mark(here: School) -> None:
    await here.tells_the_essentials()
    assert UNVERIFIED not in here.channel_reads()


async def test_once_it_is_known_that_they_are_staff_the_mark_goes_and_never_comes_back(here: School) -> None:
    await tells_the_essentials(here, unverified(here, FIRST))
    await here.says("He is in my form")
    assert UNVERIFIED not in here.channel_reads()
    await here.hears(unverified(here, "And in my maths set"))
    assert UNVERIFIED not in here.channel_reads()


async def test_a_message_put_back_after_it_was_deleted_is_noted_for_the_lead(here: School) -> None:
    await here.tells_the_essentials()
    gone = replace(here.incoming("teacher"), change=Change.DELETED)
    await here.hears(gone)
    back = replace(here.incoming("teacher", text="She is in year 9"), change=Change.RESTORED)
    await here.hears(back)
    read = await lead_reads(here)
    assert say("kind.deleted") in read
    assert f"({say('kind.restored')}) She is in year 9" in read

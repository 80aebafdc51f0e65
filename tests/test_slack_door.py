"""Slack as a door: what is posted, changed and shown stands in a played Slack, or an error says truly why not."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from adapters.slack.api import Api, Home, find_home, open_api
from adapters.slack.channels import Places
from adapters.slack.modal import opening_view
from adapters.slack.render import home_view
from adapters.slack.screens import Screens
from adapters.slack.send import Slack, slack_pace
from bot.errors import SendAmbiguous, SendFailed, SendGone, SendRefused
from bot.message import Card, Destination, Lane, Passage, Reach
from bot.ports import Door, Doubt
from tests.scripted_slack import HOME, played
from tests.slack.fake import BOT, FakeSlack, Room, Somebody, text_of

CHANNEL = Destination("slack", Reach.CHANNEL, "C0LEADS001")
JADE = Destination("slack", Reach.PERSON, "U0JADE0001")
SAM = Destination("slack", Reach.PERSON, "U0SAM00001")
READERS = frozenset({"slack:U0JADE0001"})
CARD = Card("Something new", passages=(Passage(("first words",)),))
LATER = Card("Something new", passages=(Passage(("second words",)),))


@dataclass(frozen=True)
class Place:
    slack: FakeSlack
    api: Api
    home: Home
    door: Slack
    screens: Screens


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    people = [Somebody("U0JADE0001", "Jade Example"), Somebody("U0SAM00001", "Sam Example")]
    rooms = [Room("C0LEADS001", "leads", [BOT, "U0JADE0001"]), Room("C0ELSE0001", "else", ["U0JADE0001"])]
    async with FakeSlack(people, rooms) as slack, open_api("xoxb-example", slack.api_url) as api:
        slack.set_up(bot_token="xoxb-example")
        home = await find_home(api)
        yield Place(slack, api, home, Slack(api, Places(api, home), slack_pace()), Screens(api))


def seen(fake: FakeSlack, channel: str) -> list[str]:
    return [text_of(message) for message in fake.channel(channel)]


# --- posting and changing ---


async def test_it_is_a_door() -> None:
    async with place() as here:
        door: Door = here.door
        assert door.name == "slack"


async def test_a_card_is_posted_and_changed_where_it_stands() -> None:
    async with place() as here:
        message_id = await here.door.post(CHANNEL, CARD)
        assert message_id == f"C0LEADS001/{here.slack.channel('C0LEADS001')[0].ts}"
        await here.door.update(CHANNEL, message_id, LATER)
        assert seen(here.slack, "C0LEADS001") == ["second words"]


async def test_a_person_is_written_to_in_their_direct_messages_and_the_card_is_changed_there() -> None:
    async with place() as here:
        message_id = await here.door.post(JADE, CARD)
        assert message_id.startswith("D")
        await here.door.update(JADE, message_id, LATER)
        assert [text_of(message) for message in here.slack.from_bot("U0JADE0001")] == ["second words"]


@pytest.mark.parametrize("message_id", ["C0ELSE0001/1700000000.000100", "", "C0LEADS001", "C0LEADS001/", "nonsense"])
async def test_a_card_is_never_put_into_another_place(message_id: str) -> None:
    async with place() as here:
        calls = len(here.slack.calls())
        with pytest.raises(SendGone):
            await here.door.update(CHANNEL, message_id, CARD)
        assert len(here.slack.calls()) == calls


async def test_what_somebody_took_away_is_gone() -> None:
    async with place() as here:
        with pytest.raises(SendGone, match="message_not_found"):
            await here.door.update(CHANNEL, "C0LEADS001/1700000000.000100", CARD)


async def test_an_archived_channel_refuses_and_nothing_is_posted_anywhere() -> None:
    async with place() as here:
        await here.slack.archive("C0LEADS001", tell=False)
        with pytest.raises(SendRefused, match="is_archived"):
            await here.door.post(CHANNEL, CARD)
        assert here.slack.calls("chat.postMessage", performed=True) == []


async def test_a_post_whose_answer_was_lost_may_stand_there_and_is_not_repeated() -> None:
    async with place() as here:
        here.slack.fault("drop_after_accept", "chat.postMessage")
        with pytest.raises(SendAmbiguous):
            await here.door.post(CHANNEL, CARD)
        assert len(here.slack.calls("chat.postMessage")) == 1
        assert seen(here.slack, "C0LEADS001") == ["first words"]


async def test_a_post_whose_answer_was_lost_is_found_by_its_token_in_direct_messages() -> None:
    async with place() as here:
        await here.door.post(JADE, CARD, "another")
        assert await here.door.find(JADE, "a-token") == ""
        here.slack.fault("drop_after_accept", "chat.postMessage")
        with pytest.raises(SendAmbiguous):
            await here.door.post(JADE, CARD, "a-token")
        await here.door.post(JADE, CARD)
        message = here.slack.from_bot("U0JADE0001")[1]
        found = await here.door.find(JADE, "a-token")
        assert found == f"{message.channel}/{message.ts}"
        await here.door.update(JADE, found, LATER)
        assert await here.door.find(JADE, "a-token") == found


async def test_what_stands_in_a_channel_cannot_be_known() -> None:
    async with place() as here:
        await here.door.post(CHANNEL, CARD, "a-token")
        assert await here.door.find(CHANNEL, "a-token") is None
        assert here.slack.calls("conversations.open", "conversations.history") == []


@pytest.mark.parametrize("method", ["conversations.open", "conversations.history"])
async def test_a_look_up_that_fails_is_never_taken_for_an_answer(method: str) -> None:
    async with place() as here:
        await here.door.post(JADE, CARD, "a-token")
        here.slack.fault("status", method, status=503)
        with pytest.raises(SendAmbiguous):
            await here.door.find(JADE, "a-token")


async def test_a_slack_that_cannot_be_reached_has_certainly_taken_nothing() -> None:
    async with place() as here, open_api("xoxb-example", here.slack.api_url) as api:
        door = Slack(api, Places(api, here.home), slack_pace())
        await here.slack.down()
        with pytest.raises(SendFailed):
            await door.post(CHANNEL, CARD)
        await here.slack.up()
        await door.post(CHANNEL, CARD)
        assert seen(here.slack, "C0LEADS001") == ["first words"]


@pytest.mark.parametrize("said", [{"ok": True}, {"ok": True, "ts": "1.1"}, {"ok": True, "channel": 1, "ts": "1.1"}])
async def test_an_answer_without_the_messages_id_is_no_answer(said: dict[str, object]) -> None:
    async with played(lambda *_: said) as (_, api):
        with pytest.raises(SendAmbiguous):
            await Slack(api, Places(api, HOME), slack_pace()).post(CHANNEL, CARD)


async def test_what_slack_throttles_is_not_asked_again_until_its_time() -> None:
    async with place() as here:
        assert here.door.hold(CHANNEL, Lane.PROMPT, in_place=False) == 0.0
        here.slack.fault("status", "chat.postMessage", status=429, retry_after="30")
        with pytest.raises(SendFailed):
            await here.door.post(CHANNEL, CARD)
        calls = len(here.slack.calls())
        with pytest.raises(SendFailed) as failed:
            await here.door.post(CHANNEL, CARD)
        assert 29.0 < failed.value.retry_after <= 30.0
        assert len(here.slack.calls()) == calls
        await here.door.post(JADE, CARD)


async def test_nobody_writes_faster_than_slack_takes_it() -> None:
    async with place() as here:
        here.slack.set_up(rates=True)
        while here.door.hold(CHANNEL, Lane.HANDOFF, in_place=False) == 0.0:
            await here.door.post(CHANNEL, CARD)
        assert len(here.slack.calls("chat.postMessage", performed=True)) == 5


# --- doubt ---


async def test_a_private_channel_of_readers_is_safe_until_it_changes() -> None:
    async with place() as here:
        assert await here.door.doubt(CHANNEL, READERS) is Doubt.NONE
        assert await here.door.doubt(CHANNEL, frozenset()) is Doubt.STRANGER
        assert await here.door.doubt(JADE, READERS) is Doubt.NONE
        assert await here.door.doubt(SAM, READERS) is Doubt.STRANGER


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ("make_public", Doubt.PUBLIC),
        ("archive", Doubt.ARCHIVED),
        ("share", Doubt.SHARED),
        ("remove_bot", Doubt.NO_SUCH_PLACE),
    ],
)
async def test_each_change_of_a_channel_is_seen(change: str, doubt: Doubt) -> None:
    async with place() as here:
        await getattr(here.slack, change)("C0LEADS001", tell=False)
        assert await here.door.doubt(CHANNEL, READERS) is doubt


@pytest.mark.parametrize("how", ["external", "pending", "org"])
async def test_each_way_of_sharing_is_seen(how: str) -> None:
    async with place() as here:
        await here.slack.share("C0LEADS001", how, tell=False)
        assert await here.door.doubt(CHANNEL, READERS) is Doubt.SHARED


async def test_a_stranger_on_the_last_page_is_seen() -> None:
    async with place() as here:
        here.slack.set_up(page=1)
        await here.slack.add_member("C0LEADS001", "U0SAM00001", tell=False)
        assert await here.door.doubt(CHANNEL, READERS) is Doubt.STRANGER
        assert len(here.slack.calls("conversations.members")) == 3


@pytest.mark.parametrize(
    "field", ["is_private", "is_ext_shared", "is_org_shared", "is_shared", "is_pending_ext_shared", "pending_shared"]
)
async def test_a_field_that_slack_leaves_out_is_a_doubt(field: str) -> None:
    async with place() as here:
        here.slack.fault("missing", "conversations.info", field=field)
        assert await here.door.doubt(CHANNEL, READERS) is Doubt.UNKNOWN


async def test_a_throttled_look_up_is_a_doubt() -> None:
    async with place() as here:
        here.slack.fault("status", "conversations.info", status=429, retry_after="30")
        assert await here.door.doubt(CHANNEL, READERS) is Doubt.UNCHECKED


async def test_one_channel_that_became_public_keeps_no_other_from_being_looked_at() -> None:
    async with place() as here:
        here.slack.set_up(scopes=("chat:write", "groups:read", "users:read"))
        here.slack.world.rooms["C0OTHER001"] = Room("C0OTHER001", "other", [BOT, "U0JADE0001"])
        await here.slack.make_public("C0LEADS001", tell=False)
        assert await here.door.doubt(CHANNEL, READERS) is Doubt.PUBLIC
        assert await here.door.doubt(Destination("slack", Reach.CHANNEL, "C0OTHER001"), READERS) is Doubt.NONE


# --- screens ---


async def test_a_form_is_opened_and_changed_and_too_late_says_so() -> None:
    async with place() as here:
        view_id = await here.screens.open_view(here.slack.world.trigger("U0JADE0001"), opening_view(str))
        await here.screens.update_view(view_id, opening_view(lambda key: f"now {key}"[:24]))
        assert "now" in text_of(here.slack.views_of("U0JADE0001")[0])
        here.slack.set_up(trigger_life=-1.0)
        with pytest.raises(SendRefused, match=r"^expired_trigger_id$"):
            await here.screens.open_view(here.slack.world.trigger("U0JADE0001"), opening_view(str))


@pytest.mark.parametrize("error", ["expired_trigger_id", "trigger_expired"])
async def test_both_of_slacks_names_for_too_late_are_one(error: str) -> None:
    async with place() as here:
        here.slack.fault("error", "views.open", error=error)
        with pytest.raises(SendRefused, match=r"^expired_trigger_id$"):
            await here.screens.open_view(here.slack.world.trigger("U0JADE0001"), opening_view(str))


async def test_a_home_is_published() -> None:
    async with place() as here:
        await here.screens.publish_home("U0JADE0001", home_view(CARD))
        home = here.slack.home("U0JADE0001")
        assert home
        assert "first words" in text_of(home)


async def test_somebody_is_told_where_they_are_and_in_their_messages_where_that_cannot_be() -> None:
    async with place() as here:
        await here.screens.tell("C0LEADS001", "U0JADE0001", CARD)
        assert [text_of(message) for message in here.slack.ephemerals("U0JADE0001")] == ["first words"]
        await here.screens.tell("C0LEADS001", "U0SAM00001", CARD)
        assert here.slack.ephemerals("U0SAM00001") == []
        assert [text_of(message) for message in here.slack.from_bot("U0SAM00001")] == ["first words"]
        assert seen(here.slack, "C0LEADS001") == []


async def test_a_sentence_takes_the_place_of_a_message_and_none_of_it_comes_alive() -> None:
    async with place() as here:
        channel, _, ts = (await here.door.post(CHANNEL, CARD)).partition("/")
        await here.screens.replace(channel, ts, "It works: *now* <!channel>")
        assert seen(here.slack, "C0LEADS001") == ["It works: *now* <!channel>"]
        assert here.slack.channel("C0LEADS001")[0].blocks[0]["text"]["type"] == "plain_text"


# --- nothing of what is written (F10) ---


async def test_nothing_of_a_card_is_logged_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    async with place() as here:
        with caplog.at_level(logging.DEBUG):
            await here.door.post(CHANNEL, CARD)
            here.slack.fault("error", "chat.postMessage", error="invalid_blocks")
            with pytest.raises(SendRefused):
                await here.door.post(CHANNEL, CARD)
    mine = [record for record in caplog.records if not record.name.startswith("aiohttp.access")]
    assert "first words" not in "".join(record.getMessage() for record in mine)

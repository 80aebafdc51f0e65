"""The fake Slack itself, proved with Slack's own client and a small Bolt app, so that its word on the bot counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler

from tests.slack.client import slack_process
from tests.slack.echo import FORM, Heard, button, client_of, echo_app, over_http, over_sockets
from tests.slack.fake import BOT, FakeSlack, NotOnTheScreen, Room, Somebody, text_of
from tests.slack.limits import faults
from tests.slack.payloads import THUMB_TINY

JADE, SAM, GUEST = "U0JADE0001", "U0SAM00001", "U0GUEST001"
PEOPLE = (Somebody(JADE, "Jade Example"), Somebody(SAM, "Sam Example"), Somebody(GUEST, "Guest Example", guest=True))
DSLS = Room("C0DSL00001", "dsl-private", members=[JADE, SAM, BOT])


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(PEOPLE, [DSLS]) as it:
        yield it


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


# --- people and the bot, both ways in ---


@pytest.mark.parametrize("way", [over_http, over_sockets])
async def test_a_whole_exchange_reaches_bolt_and_the_screen(slack: FakeSlack, way: Any) -> None:
    heard: Heard = []
    async with way(slack, echo_app(slack, heard)):
        said = await slack.says(JADE, "a < b & c")
        assert (said.status, heard[0]["event"]["text"]) == (200, "a &lt; b &amp; c")
        assert text_of(slack.from_bot(JADE)[-1]) == "Go"

        pressed = await slack.presses(JADE, slack.with_label(JADE, "Go"), "Go")
        assert pressed.taken
        (form,) = slack.views_of(JADE)
        await slack.submits(JADE, form, {"In their words": "refuse"})
        assert slack.views_of(JADE)[0].errors == {"words": "Not saved"}
        await slack.submits(JADE, form, {"In their words": "as he said it"})
        assert slack.views_of(JADE) == []

        await slack.command(JADE, "/oncall")
        assert [text_of(each) for each in slack.ephemerals(JADE)] == ["Ring now"]
    assert heard[-2]["view"]["state"]["values"]["words"]["words"]["value"] == "as he said it"
    assert slack.complaints == []


async def test_a_picture_comes_as_slack_sends_it(slack: FakeSlack) -> None:
    heard: Heard = []
    async with over_http(slack, echo_app(slack, heard)):
        await slack.says(JADE, "look", files=2)
    event = heard[0]["event"]
    assert event["subtype"] == "file_share"
    assert [file["thumb_tiny"] for file in event["files"]] == [THUMB_TINY] * 2


async def test_edits_and_deletions_say_what_stood_there(slack: FakeSlack) -> None:
    heard: Heard = []
    async with over_http(slack, echo_app(slack, heard)):
        ts = (await slack.says(JADE, "first")).ts
        await slack.edits(JADE, ts, "second")
        await slack.deletes(JADE, ts)
    edit, removal = (body["event"] for body in heard[1:])
    assert (edit["previous_message"]["text"], edit["message"]["text"]) == ("first", "second")
    assert (removal["subtype"], removal["deleted_ts"]) == ("message_deleted", ts)
    with pytest.raises(NotOnTheScreen):
        await slack.deletes(JADE, ts)


async def test_nobody_presses_what_is_not_on_the_screen_nor_sends_an_empty_form(slack: FakeSlack) -> None:
    async with over_http(slack, echo_app(slack, [])):
        await slack.says(JADE, "hello")
        seen = slack.with_label(JADE, "Go")
        with pytest.raises(NotOnTheScreen):
            await slack.presses(JADE, seen, "Stop")
        await slack.presses(JADE, seen, "Go")
        with pytest.raises(NotOnTheScreen):
            await slack.submits(JADE, slack.views_of(JADE)[0])


def option(label: str) -> dict[str, Any]:
    return {"text": plain(label), "value": label.lower()}


async def test_a_pick_goes_out_at_once_and_a_box_only_with_a_button(slack: FakeSlack) -> None:
    boxes = {"type": "checkboxes", "action_id": "boxes", "options": [option("Phone"), option("Photo")]}
    radio = {"type": "radio_buttons", "action_id": "radio", "options": [option("Yes"), option("No")]}
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Ring 01632 960000"}]}
    bullets = {"type": "rich_text_list", "style": "bullet", "elements": [words, words]}
    blocks: list[dict[str, Any]] = [
        {"type": "rich_text", "elements": [bullets]},
        {"type": "input", "label": plain("What was it?"), "element": boxes},
        {"type": "actions", "elements": [radio]},
        button("Go"),
    ]
    await client_of(slack).chat_postMessage(channel=JADE, text="n", blocks=blocks)
    (card,) = slack.screen(JADE)
    assert text_of(card).splitlines()[:2] == ["Ring 01632 960000"] * 2

    picked = (await slack.presses(JADE, card, "No")).payload["actions"][0]
    assert (picked["action_id"], picked["selected_option"]["value"]) == ("radio", "no")
    pressed = (await slack.presses(JADE, card, "Go", {"What was it?": ["Phone", "Photo"]})).payload
    values = pressed["state"]["values"]
    held = [held for fields in values.values() for held in fields.values()]
    assert [each["value"] for each in held[0]["selected_options"]] == ["phone", "photo"]
    assert held[1]["selected_option"] is None
    with pytest.raises(NotOnTheScreen):
        await slack.presses(JADE, card, "Phone")


# --- redelivery ---


@pytest.mark.parametrize("way", [over_http, over_sockets])
async def test_an_event_that_was_not_taken_is_delivered_again_three_times(slack: FakeSlack, way: Any) -> None:
    heard: Heard = []
    slack.set_up(patience=0.3)
    async with way(slack, echo_app(slack, heard)):
        said = await slack.says(JADE, "break")
        await slack.settled()
    assert [attempt.retry for attempt in said.attempts] == [0, 1, 2, 3]
    assert not said.taken
    assert len({body["event_id"] for body in heard}) == 1
    assert len(heard) == 4


async def test_with_bolts_default_the_same_event_is_lost_and_that_is_seen(slack: FakeSlack) -> None:
    heard: Heard = []
    async with over_http(slack, echo_app(slack, heard, acknowledge_first=True)):
        said = await slack.says(JADE, "break")
        await slack.settled()
    assert said.taken
    assert len(said.attempts) == 1


@pytest.mark.parametrize("way", [over_http, over_sockets])
async def test_a_press_a_command_and_a_submission_are_never_delivered_again(slack: FakeSlack, way: Any) -> None:
    slack.set_up(patience=0.3)
    async with way(slack, echo_app(slack, [])):
        await slack.says(JADE, "hello")
        go = slack.with_label(JADE, "Go")
        await slack.presses(JADE, go, "Go")
        form = slack.views_of(JADE)[0]
        form.view["callback_id"] = "nobody"
        slack.fault("error", "views.open", error="fatal_error", times=0)
        done = [
            await slack.presses(JADE, go, "Go"),
            await slack.command(JADE, "/nobody"),
            await slack.submits(JADE, form, {"In their words": "x"}),
        ]
        await slack.settled()
    assert [(each.taken, len(each.attempts)) for each in done] == [(False, 1)] * 3
    assert slack.views_of(JADE)[0].errors


async def test_an_answer_after_three_seconds_is_no_answer_and_the_header_says_why(slack: FakeSlack) -> None:
    slack.set_up(patience=0.05)
    slack.fault("slow", "chat.postMessage", seconds=0.2)
    heard: Heard = []
    async with over_http(slack, echo_app(slack, heard)):
        said = await slack.says(JADE, "hello")
        await slack.settled()
    assert (said.attempts[0].status, said.attempts[1].reason, said.attempts[1].taken) == (0, "http_timeout", True)


async def test_a_lost_event_stands_in_the_history_only(slack: FakeSlack) -> None:
    heard: Heard = []
    slack.fault("lose_events", "message")
    async with over_http(slack, echo_app(slack, heard)):
        lost = await slack.says(JADE, "never came")
        came = await slack.says(JADE, "came")
    assert (lost.lost, lost.attempts, came.taken) == (True, [], True)
    room = slack.world.direct(JADE).id
    history = await client_of(slack).conversations_history(channel=room, oldest=lost.ts, inclusive=True)
    assert [each["text"] for each in history["messages"]][1:] == ["came", "never came"]


async def test_a_signature_is_real(slack: FakeSlack) -> None:
    heard: Heard = []
    async with over_http(slack, echo_app(slack, heard)):
        slack.set_up(secret="example-signing-secret-two")
        said = await slack.says(JADE, "hello")
        unsigned = await slack.raw(b"{}", {})
    assert (said.status, unsigned.status, heard) == (401, 401, [])


# --- sockets ---


async def test_sockets_are_refreshed_cut_and_silent_and_the_client_comes_back(slack: FakeSlack) -> None:
    async with over_sockets(slack, echo_app(slack, []), ping=0.1):
        await slack.sockets.ask_to_refresh()
        await slack.socket_opened(2)
        slack.sockets.cut_all()
        await slack.socket_opened(3)
        slack.sockets.go_silent()
        await asyncio.wait_for(slack.socket_opened(4), 10)
        assert (await slack.says(JADE, "still here")).taken


# --- the Web API ---


async def test_what_is_dropped_after_it_was_accepted_was_performed_once(slack: FakeSlack) -> None:
    slack.fault("drop_after_accept", "chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client_of(slack).chat_postMessage(channel=JADE, text="once")
    assert [text_of(each) for each in slack.screen(JADE)] == ["once"]
    assert [(call.performed, call.status) for call in slack.calls()] == [(True, 0)]


async def test_a_client_that_retries_posts_it_twice_and_that_is_seen(slack: FakeSlack) -> None:
    slack.fault("drop_after_accept", "chat.postMessage")
    client = client_of(slack)
    client.retry_handlers = [AsyncConnectionErrorRetryHandler()]
    await client.chat_postMessage(channel=JADE, text="twice")
    assert len(slack.screen(JADE)) == 2


async def test_what_is_dropped_before_was_not_performed(slack: FakeSlack) -> None:
    slack.fault("drop_before", "chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client_of(slack).chat_postMessage(channel=JADE, text="none")
    assert slack.screen(JADE) == []


async def test_slack_can_be_down_and_come_back_at_the_same_address(slack: FakeSlack) -> None:
    await slack.down()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client_of(slack).auth_test()
    await slack.up()
    answer = await client_of(slack).auth_test()
    assert answer["user_id"] == BOT
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "error", "error": "token_revoked"}, "token_revoked"),
        ({"kind": "status", "status": 429, "retry_after": "7"}, "ratelimited"),
    ],
)
async def test_slack_says_no_as_it_does(slack: FakeSlack, fault: dict[str, Any], error: str) -> None:
    slack.fault(**fault)
    assert await error_of(client_of(slack).chat_postMessage(channel=JADE, text="x")) == error
    assert (await client_of(slack).chat_postMessage(channel=JADE, text="x"))["ok"]
    assert len(slack.screen(JADE)) == 1


async def test_slacks_own_rate_holds_a_channel_to_one_a_second(slack: FakeSlack) -> None:
    client = client_of(slack)
    for _ in range(20):
        await client.chat_postMessage(channel=JADE, text="x")
    slack.set_up(rates=True)
    for _ in range(5):
        await client.chat_postMessage(channel=JADE, text="x")
    assert await error_of(client.chat_postMessage(channel=JADE, text="x")) == "ratelimited"
    assert (await client.chat_postMessage(channel=SAM, text="x"))["ok"]


async def test_members_come_in_pages_and_a_lost_field_is_lost(slack: FakeSlack) -> None:
    slack.set_up(page=2)
    client = client_of(slack)
    first = await client.conversations_members(channel=DSLS.id, limit=200)
    rest = await client.conversations_members(channel=DSLS.id, cursor=first["response_metadata"]["next_cursor"])
    assert first["members"] + rest["members"] == DSLS.members
    assert rest["response_metadata"]["next_cursor"] == ""
    slack.fault("missing", "conversations.info", field="is_private")
    assert "is_private" not in (await client.conversations_info(channel=DSLS.id))["channel"]
    assert (await client.conversations_info(channel=DSLS.id))["channel"]["is_private"] is True


async def test_channels_and_people_change_behind_the_bot(slack: FakeSlack) -> None:
    client = client_of(slack)
    await slack.share(DSLS.id, "pending", tell=False)
    await slack.make_public(DSLS.id, tell=False)
    await slack.make_guest(SAM, tell=False)
    room = (await client.conversations_info(channel=DSLS.id))["channel"]
    assert (room["is_private"], room["is_pending_ext_shared"], bool(room["pending_shared"])) == (False, True, True)
    assert (await client.users_info(user=SAM))["user"]["is_restricted"]
    await slack.archive(DSLS.id, tell=False)
    assert await error_of(client.chat_postMessage(channel=DSLS.id, text="x")) == "is_archived"
    assert DSLS.private
    assert not DSLS.archived


async def test_a_trigger_lives_three_seconds_and_serves_once(slack: FakeSlack) -> None:
    client = client_of(slack)
    fresh, old = slack.world.trigger(JADE), slack.world.trigger(JADE)
    assert (await client.views_open(trigger_id=fresh, view=FORM))["ok"]
    assert await error_of(client.views_open(trigger_id=fresh, view=FORM)) == "exchanged_trigger_id"
    slack.set_up(trigger_life=0)
    assert await error_of(client.views_open(trigger_id=old, view=FORM)) == "expired_trigger_id"


async def test_a_home_is_published_against_its_hash(slack: FakeSlack) -> None:
    client, view = client_of(slack), {"type": "home", "blocks": [button("Start")]}
    first = await client.views_publish(user_id=JADE, view=view)
    home = slack.home(JADE)
    assert home is not None
    assert text_of(home) == "Start"
    await client.views_publish(user_id=JADE, view=view, hash=first["view"]["hash"])
    stale = client.views_publish(user_id=JADE, view=view, hash=first["view"]["hash"])
    assert await error_of(stale) == "hash_conflict"


# --- limits ---

_FULL: dict[str, Any] = {"text": "n", "blocks": [{"type": "section", "text": plain("x" * 3000)}]}
_OVER: dict[str, tuple[dict[str, Any], str]] = {
    "nothing at all": ({}, "no_text"),
    "a long text": ({"text": "x" * 40_001}, "msg_too_long"),
    "a long section": ({"text": "n", "blocks": [{"type": "section", "text": plain("x" * 3001)}]}, "invalid_blocks"),
    "an empty section": ({"text": "n", "blocks": [{"type": "section", "text": plain("")}]}, "invalid_blocks"),
    "a long header": ({"text": "n", "blocks": [{"type": "header", "text": plain("x" * 151)}]}, "invalid_blocks"),
    "a long label": ({"text": "n", "blocks": [button("x" * 76)]}, "invalid_blocks"),
    "a long value": ({"text": "n", "blocks": [button("x", "x" * 2001)]}, "invalid_blocks"),
    "51 blocks": ({"text": "n", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    "one block id twice": ({"text": "n", "blocks": [{"type": "divider", "block_id": "a"}] * 2}, "invalid_blocks"),
    "too much in all": ({"text": "n", "blocks": _FULL["blocks"] * 5}, "msg_blocks_too_long"),
}


@pytest.mark.parametrize("name", _OVER)
async def test_what_is_over_a_limit_is_refused_and_not_performed(slack: FakeSlack, name: str) -> None:
    payload, error = _OVER[name]
    assert await error_of(client_of(slack).api_call("chat.postMessage", json={"channel": JADE, **payload})) == error
    assert slack.screen(JADE) == []


async def test_what_is_at_the_limits_is_taken(slack: FakeSlack) -> None:
    blocks = [*_FULL["blocks"] * 4, button("x" * 75, "x" * 2000), {"type": "header", "text": plain("x" * 150)}]
    blocks += [{"type": "divider"}] * (50 - len(blocks))
    assert (await client_of(slack).chat_postMessage(channel=JADE, text="n", blocks=blocks))["ok"]
    assert faults({**FORM, "blocks": FORM["blocks"] + [{"type": "divider"}] * 99}) == []
    assert faults({**FORM, "blocks": FORM["blocks"] + [{"type": "divider"}] * 100})


async def test_in_a_process_of_its_own_it_does_the_same(tmp_path: Path) -> None:
    heard: Heard = []
    async with slack_process(tmp_path, PEOPLE, [DSLS]) as slack, FakeSlack() as here:
        async with over_http(here, echo_app(slack, heard)) as url:
            await slack.deliver_to(url)
            said = await slack.says(JADE, "hello")
            assert said.taken
            await slack.presses(JADE, await slack.with_label(JADE, "Go"), "Go", picks={})
        assert [view.person for view in await slack.views_of(JADE)] == [JADE]
        assert [call.method for call in await slack.calls()] == ["chat.postMessage", "views.open"]
        with pytest.raises(NotOnTheScreen):
            await slack.with_label(JADE, "Stop")
        with pytest.raises(RuntimeError, match="AttributeError"):
            await slack.shouts()


async def test_an_unknown_method_is_unknown(slack: FakeSlack) -> None:
    assert await error_of(client_of(slack).api_call("chat.shout")) == "unknown_method"

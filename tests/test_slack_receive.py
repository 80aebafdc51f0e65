"""What people do in Slack reaches the bot before Slack has its answer, and they see what came of it (F1, F4, I1)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import bolt
from adapters.slack.presses import button_id, button_value
from adapters.slack.receive import DISCLOSURE, ON_CALL, RAISE
from bot.errors import SendFailed, SendRefused, StoreUnavailable
from bot.message import Action, Button, Card, Passage, Press, Writing
from tests.slack_reception import (
    BOT,
    BOT_ID,
    CHANNEL,
    DM,
    JADE,
    NUMBERS,
    SECRET,
    TEAM,
    Desk,
    Json,
    Known,
    Logged,
    event,
    everything_logged,
    interaction,
    message,
    open_desk,
    press,
)

CANARY = "CANARY-7c1e Zoë <b>"
SHOWN = Card("A sentence", passages=(Passage(("What came of it",)),))
ACK = Button("I have it", Press(Action.ACKNOWLEDGE, "SAFE-2026-0001", 3))
OPEN = Button("Open case", Press(Action.OPEN_CASE, "SAFE-2026-0001"))
NOTE = Button("Add a note", Press(Action.ADD_NOTE, "SAFE-2026-0001"), writes=Writing("Note", "What to keep?", "Keep"))


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as it:
        yield it


def pressed(button: Button, **more: Any) -> Json:
    return press(button_id(button, 1), button_value(button), **more)


def in_view(body: Json, kind: str = "modal") -> Json:
    left = {key: value for key, value in body.items() if key != "channel"}
    return {**left, "container": {"type": "view", "view_id": "V0OLD0001"}, "view": {"id": "V0OLD0001", "type": kind}}


def written(words: str) -> Json:
    value = button_value(Button("", NOTE.press))
    state = {"values": {"writing": {"words": {"type": "plain_text_input", "value": words}}}}
    view = {
        "id": "V1",
        "hash": "1.a",
        "type": "modal",
        "callback_id": "writing",
        "private_metadata": value,
        "state": state,
    }
    return interaction("view_submission", view=view)


def lines(view_or_card: object) -> str:
    return json.dumps(view_or_card) if isinstance(view_or_card, dict) else str(view_or_card)


# --- kept, then answered ---


async def test_slack_has_no_answer_before_the_turn_is_kept(desk: Desk) -> None:
    desk.bot.gate = asyncio.Event()
    asking = asyncio.create_task(desk.send(event(message())))
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    done, _ = await asyncio.wait({asking}, timeout=0.1)
    assert not done
    desk.bot.gate.set()
    assert (await asking)[0] == 200
    assert [incoming.text for incoming in desk.bot.heard] == ["hello"]


async def test_an_event_that_could_not_be_kept_is_sent_again(desk: Desk) -> None:
    for fault, status in ((StoreUnavailable("the books"), 503), (RuntimeError(CANARY), 500)):
        desk.bot.fault = fault
        assert (await desk.send(event(message())))[0] == status


async def test_bolts_own_way_would_have_lost_it(desk: Desk) -> None:
    """The control: with Bolt's default the answer is 200 although nothing was kept."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-x", bot_id=BOT_ID, bot_user_id=BOT)

    plain = AsyncApp(
        name="slack_bolt.plain", logger=bolt.hush(), authorize=authorize, request_verification_enabled=False
    )
    broke = asyncio.Event()

    async def take() -> None:
        broke.set()
        raise StoreUnavailable("the books")

    plain.event("message")(take)
    desk.app.async_dispatch = plain.async_dispatch  # type: ignore[method-assign]
    assert (await desk.send(event(message())))[0] == 200
    await asyncio.wait_for(broke.wait(), 5)


async def test_a_retry_is_heard_like_any_other_delivery(desk: Desk) -> None:
    raw, headers = desk.signed(json.dumps(event(message())).encode(), "application/json")
    retry = {"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "http_timeout"}
    assert (await desk.post(raw, {**headers, **retry}))[0] == 200
    assert (await desk.post(raw, headers))[0] == 200
    assert desk.bot.heard[0] == desk.bot.heard[1]


@pytest.mark.parametrize(
    "body",
    [
        event({"type": "file_shared", "file_id": "F1", "file": {"id": "F1"}}),
        event({"type": "user_change", "user": {"id": JADE}}),
        event(message(subtype="channel_topic")),
        {**event({}), "type": "app_rate_limited", "event": None},
        interaction("view_closed", view={"id": "V1", "callback_id": "writing"}),
        interaction("shortcut", callback_id="another"),
        interaction("block_suggestion", action_id="a", value="x"),
        interaction("block_actions", actions=[]),
    ],
    ids=lambda body: str(body.get("event", body).get("type") if body.get("event") else body["type"]),
)
async def test_what_nobody_listens_to_is_answered_200(desk: Desk, body: Json) -> None:
    assert await desk.send(body) == (200, "")
    assert desk.bot.heard == []


# --- who ---


async def test_the_bot_hears_what_the_workspace_calls_the_sender_and_whether_they_belong_here(desk: Desk) -> None:
    await desk.send(event(message()))
    desk.people.people[JADE] = Known("Jade Example", outside=True)
    await desk.send(event(message(ts="1790000000.000101")))
    desk.people.people.clear()
    await desk.send(event(message(ts="1790000000.000102", team="T0OTHER")))
    seen = [(incoming.sender_name, incoming.outside) for incoming in desk.bot.heard]
    assert seen == [("Jade Example", False), ("Jade Example", True), ("", True)]


async def test_what_is_only_for_the_sender_is_shown_to_them_alone(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    said = {**message(f"<@{BOT}> {CANARY}", channel=CHANNEL, channel_type="channel"), "type": "app_mention"}
    await desk.send(event(said))
    await desk.reception.behind.done()
    assert desk.screens.acts == [("tell", CHANNEL, JADE, SHOWN)]
    assert [(it.overheard, it.text) for it in desk.bot.heard] == [(True, "")]


# --- channels and the home ---


async def test_brought_into_a_channel_the_bot_says_so_unless_it_is_the_trusts_own(desk: Desk) -> None:
    joined = {"type": "member_joined_channel", "user": BOT, "inviter": JADE, "event_ts": "1790000000.000500"}
    for channel in (CHANNEL, "C0OURS0001"):
        await desk.send(event({**joined, "channel": channel}))
    assert [incoming.key for incoming in desk.bot.heard] == [f"joined:{CHANNEL}:1790000000.000500"]
    assert desk.forgotten == [CHANNEL, "C0OURS0001"]


@pytest.mark.parametrize("kind", [*bolt.OF_CHANNELS, "member_joined_channel"])
async def test_what_changes_a_channel_makes_its_check_void(desk: Desk, kind: str) -> None:
    await desk.send(event({"type": kind, "channel": CHANNEL, "user": "U0NEW00001", "event_ts": "1790000000.000500"}))
    assert desk.forgotten == [CHANNEL]
    assert desk.bot.heard == []


async def test_the_home_is_filled_when_it_is_opened_and_says_so_when_the_books_are_shut(desk: Desk) -> None:
    opened = {"type": "app_home_opened", "user": JADE, "tab": "home", "channel": DM}
    for wrong in (None, StoreUnavailable("the books")):
        desk.bot.fault = wrong
        assert (await desk.send(event(opened)))[0] == 200
        await desk.reception.behind.done()
    desk.people.people[JADE] = Known("Jade Example", outside=True)
    await desk.send(event(opened))
    await desk.send(event({**opened, "tab": "messages"}))
    await desk.reception.behind.done()
    homes = [lines(act[2]) for act in desk.screens.acts]
    assert [("Home of" in home, "01632" in home, "[slack.home_unavailable]" in home) for home in homes] == [
        (True, False, False),
        (False, True, True),
        (False, True, False),
    ]


# --- commands and shortcuts ---


async def test_the_numbers_are_told_to_the_asker_with_no_books_at_all(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable("the books")
    status, text = await desk.command(ON_CALL)
    told = json.loads(text)
    assert (status, told["response_type"], "01632 960001" in text) == (200, "ephemeral", True)
    assert desk.bot.heard == []


async def test_a_disclosure_begins_or_is_written_at_once(desk: Desk) -> None:
    for words, expected in (("", Press(Action.START, "")), ("  ", Press(Action.START, "")), ("a &amp; b", None)):
        status, text = await desk.command(DISCLOSURE, words)
        assert status == 200
        assert "[slack.see_messages]" in text
        assert desk.bot.heard[-1].press == expected
    assert desk.bot.heard[-1].text == "a & b"
    desk.bot.answer = SHOWN
    assert "What came of it" in (await desk.command(DISCLOSURE))[1]


async def test_a_command_that_could_not_be_kept_is_answered_with_that_and_the_numbers(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable("the books")
    status, text = await desk.command(DISCLOSURE, CANARY)
    assert (status, "[slack.not_saved]" in text, "01632 960001" in text) == (200, True, True)


@pytest.mark.parametrize("kind", ["shortcut", "message_action"])
async def test_a_shortcut_begins_and_takes_nothing_of_the_message(desk: Desk, kind: str) -> None:
    await desk.interact(interaction(kind, callback_id=RAISE, message=message(CANARY), channel={"id": CHANNEL}))
    heard = desk.bot.heard[0]
    assert (heard.press, heard.text, heard.at) == (Press(Action.START, ""), "", desk.clock.now())
    name, trigger, view = desk.screens.acts[0]
    assert (name, trigger, "[slack.see_messages]" in lines(view)) == ("open", "1.2.three", True)


# --- presses ---


async def test_a_press_is_heard_before_its_answer_and_shown_after_it(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    assert await desk.interact(pressed(ACK)) == (200, "")
    assert [incoming.press for incoming in desk.bot.heard] == [ACK.press]
    assert desk.screens.acts == [("tell", DM, JADE, SHOWN)]


async def test_picks_in_the_card_go_with_the_press(desk: Desk) -> None:
    picked = {"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}
    await desk.interact(pressed(ACK, state={"values": {"field:step": {"x": picked}}}))
    assert desk.bot.heard[0].press == Press(Action.ACKNOWLEDGE, "SAFE-2026-0001", 3, {"step": ("a", "b")})


async def test_a_press_in_a_view_is_answered_in_that_view(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    await desk.interact(in_view(pressed(ACK)))
    name, view_id, view = desk.screens.acts[0]
    assert (name, view_id, "What came of it" in lines(view)) == ("update", "V0OLD0001", True)


async def test_a_press_on_the_home_says_where_it_goes_on(desk: Desk) -> None:
    await desk.interact(in_view(pressed(Button("Begin", Press(Action.START, ""))), kind="home"))
    name, _, view = desk.screens.acts[0]
    assert (name, "[slack.see_messages]" in lines(view)) == ("open", True)


async def test_a_press_that_could_not_be_kept_is_told_with_the_numbers(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable("the books")
    assert (await desk.interact(pressed(ACK)))[0] == 200
    name, _, who, card = desk.screens.acts[0]
    assert (name, who) == ("tell", JADE)
    assert card.passages[0].lines == ("[slack.not_saved]",)
    assert card.passages[1:] == NUMBERS.passages


@pytest.mark.parametrize("value", ["", "{}", CANARY, '{"action":"purge","subject":"x"}', "[" * 1000])
async def test_what_is_no_press_of_ours_changes_nothing(desk: Desk, value: str) -> None:
    assert (await desk.interact(press("press:1", value)))[0] == 200
    assert (desk.bot.heard, desk.screens.acts) == ([], [])


async def test_the_doctors_button_is_answered_without_the_bot(desk: Desk) -> None:
    await desk.interact(press("check:1", "anything"))
    assert desk.screens.acts == [("replace", DM, "1790000000.000200", "[slack.checked]")]
    assert desk.bot.heard == []


# --- private views ---


async def test_a_case_opens_neutral_then_is_checked_then_is_filled(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    await desk.interact(pressed(OPEN))
    (first, trigger, neutral), (second, view_id, filled) = desk.screens.acts
    assert (first, trigger, second, view_id) == ("open", "1.2.three", "update", "V0OPENED01")
    assert "[slack.opening]" in lines(neutral)
    assert "What came of it" not in lines(neutral)
    assert "What came of it" in lines(filled)


async def test_the_neutral_view_waits_for_nothing(desk: Desk) -> None:
    desk.bot.gate = asyncio.Event()
    raw = {"payload": json.dumps(pressed(OPEN))}
    asking = asyncio.create_task(desk.interact(json.loads(raw["payload"])))
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    assert desk.screens.names == ["open"]
    desk.bot.gate.set()
    await asking
    assert desk.screens.names == ["open", "update"]


@pytest.mark.parametrize("fault", [SendRefused("expired_trigger_id"), SendFailed("ratelimited", 3.0)])
async def test_opened_too_late_nothing_is_heard_and_the_person_is_told(desk: Desk, fault: Exception) -> None:
    desk.screens.fault["open"] = fault
    for button in (OPEN, NOTE):
        desk.screens.acts.clear()
        await desk.interact(pressed(button))
        assert desk.screens.names == ["tell"]
        assert "[slack.open_again]" in lines(desk.screens.acts[0][3])
    assert desk.bot.heard == []


@pytest.mark.parametrize("answer", [None, RuntimeError(CANARY)])
async def test_a_case_that_cannot_be_shown_says_so(desk: Desk, answer: Exception | None) -> None:
    desk.bot.fault = answer
    await desk.interact(pressed(OPEN))
    assert "[slack.gone]" in lines(desk.screens.acts[-1][2])


async def test_with_the_books_shut_the_view_holds_the_numbers(desk: Desk) -> None:
    desk.bot.fault = StoreUnavailable("the books")
    await desk.interact(pressed(OPEN))
    assert "01632 960001" in lines(desk.screens.acts[-1][2])


async def test_another_part_of_a_case_takes_the_place_of_the_first(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    await desk.interact(in_view(pressed(OPEN)))
    assert [act[:2] for act in desk.screens.acts] == [("update", "V0OLD0001")]


async def test_a_form_opens_at_once_and_its_words_go_with_its_press(desk: Desk) -> None:
    await desk.interact(pressed(NOTE))
    name, _, form = desk.screens.acts[0]
    assert (name, form["callback_id"], desk.bot.heard) == ("open", "writing", [])
    assert await desk.interact(written("Zoë said <no> & &amp;")) == (200, "")
    heard = desk.bot.heard[0]
    assert (heard.press, heard.text, heard.key) == (NOTE.press, "Zoë said <no> & &amp;", "view:V1:1.a")


async def test_a_form_asked_for_in_a_view_takes_its_place(desk: Desk) -> None:
    await desk.interact(in_view(pressed(NOTE)))
    assert [act[:2] for act in desk.screens.acts] == [("update", "V0OLD0001")]


async def test_words_that_could_not_be_kept_stay_in_the_form(desk: Desk) -> None:
    for fault in (StoreUnavailable("the books"), RuntimeError(CANARY)):
        desk.bot.fault = fault
        status, text = await desk.interact(written("words"))
        assert (status, json.loads(text)) == (
            200,
            {"response_action": "errors", "errors": {"writing": "[slack.not_saved]"}},
        )


async def test_what_a_form_is_answered_with_takes_its_place(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    _, text = await desk.interact(written("words"))
    assert json.loads(text)["response_action"] == "update"
    assert "What came of it" in text


async def test_a_form_that_is_not_ours_any_more_says_so(desk: Desk) -> None:
    body = written("words")
    body["view"]["private_metadata"] = "{}"
    _, text = await desk.interact(body)
    assert "[slack.gone]" in text
    assert desk.bot.heard == []


async def test_a_screen_that_fails_breaks_nothing(desk: Desk) -> None:
    desk.bot.answer = SHOWN
    desk.screens.fault = {name: SendFailed("internal_error") for name in ("tell", "update", "home", "replace")}
    for body in (pressed(ACK), pressed(OPEN), in_view(pressed(ACK)), press("check:1", "x")):
        assert (await desk.interact(body))[0] == 200


# --- logs ---


@pytest.fixture
def logged() -> Iterator[Logged]:
    with everything_logged() as it:
        yield it


async def _everything_that_goes_wrong(desk: Desk) -> None:
    words = message(CANARY)
    bodies = [pressed(ACK, message=words), pressed(OPEN), pressed(NOTE), in_view(pressed(ACK)), written(CANARY)]
    for fault in (None, StoreUnavailable("the books"), RuntimeError(CANARY), KeyError(CANARY), SendFailed(CANARY)):
        desk.bot.fault = fault
        for inner in (words, {**words, "type": "app_mention"}, {"type": "unheard_of", "text": CANARY}):
            await desk.send(event(inner))
            await desk.send(event(inner), secret="wrong")
        for body in (*bodies, interaction("unheard_of", text=CANARY), press("press:1", CANARY)):
            await desk.interact(body)
        await desk.command(DISCLOSURE, CANARY)
        await desk.command("/unheard-of", CANARY)
        for raw in (f'{{"{CANARY}":'.encode(), CANARY.encode(), f"payload={quote(CANARY)}".encode()):
            await desk.post(*desk.signed(raw, "application/json"))
            await desk.post(*desk.signed(raw, "application/x-www-form-urlencoded"))


def _said(logged: Logged) -> bool:
    """Whether any of it was logged, in any of the ways in which logs write things."""
    word = CANARY.split(maxsplit=1)[0]
    forms = [word, base64.b64encode(word.encode()).decode()[:12], word.encode().hex(), "Zo\\u00eb <b>", "Zoë <b>"]
    return any(form in logged.text for form in forms)


async def test_no_word_reaches_a_log_whatever_goes_wrong(desk: Desk, logged: Logged) -> None:
    await _everything_that_goes_wrong(desk)
    assert "slack_refused" in logged.text
    assert "slack_not_heard" in logged.text
    assert not _said(logged)


def test_a_logger_that_was_there_before_is_silent_too(logged: Logged) -> None:
    early = logging.getLogger("slack_sdk.early")
    early.setLevel(logging.DEBUG)
    bolt.hush()
    early.error(CANARY)
    assert not _said(logged)


async def test_with_bolts_own_loggers_it_would_have(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: Bolt's own check of a signature, with Bolt's own loggers."""
    for name in bolt.SILENT:
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    web_client = AsyncWebClient(token="xoxb-example")
    plain = AsyncApp(name="slack_bolt.loud", client=web_client, signing_secret=SECRET, process_before_response=True)
    monkeypatch.setattr(logging.getLogger("slack_bolt.RequestVerification"), "level", logging.INFO)
    request = AsyncBoltRequest(body=json.dumps(event(message(CANARY))), headers={"x-slack-signature": "v0=0"})
    assert (await plain.async_dispatch(request)).status == 401
    assert _said(logged)

"""Every error of Slack has a class, Slack is left alone when it asks for it, and no words leave in an error."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from adapters.retry_after import seconds_to_wait
from adapters.slack.api import NEVER_SENT, Api, find_home, open_api
from adapters.slack.refusals import KNOWN, code_of
from bot.errors import HandrailError, SendAmbiguous, SendFailed, SendGone, SendRefused
from tests.scripted_slack import DROPPED, Scripted, Seconds, impatient, played, scripted

CANARY = "the words of a child"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

AGAIN = "ratelimited rate_limited message_limit_exceeded request_timeout external_channel_migrating"
UNSURE = "internal_error fatal_error service_unavailable update_failed"
OPERATOR = """invalid_auth not_authed account_inactive token_revoked token_expired missing_scope accesslimited
    not_allowed_token_type org_login_required team_added_to_org ekm_access_denied enterprise_is_restricted
    two_factor_setup_required method_deprecated deprecated_endpoint team_access_not_granted unknown_method"""
REFUSED = """channel_not_found not_in_channel is_archived is_inactive restricted_action user_not_found cannot_dm_bot
    restricted_action_read_only_channel restricted_action_thread_only_channel no_permission access_denied
    restricted_action_non_threadable_channel messages_tab_disabled user_not_in_channel user_disabled team_not_found
    cant_broadcast_message
    no_text msg_too_long msg_blocks_too_long invalid_blocks invalid_blocks_format invalid_attachments
    too_many_attachments as_user_not_supported markdown_text_conflict cannot_reply_to_message
    expired_trigger_id trigger_expired invalid_trigger_id view_too_large hash_conflict duplicate_external_id
    invalid_arguments invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type
    missing_post_type invalid_cursor channel_is_limited_access fetch_members_failed"""

GONE = "message_not_found cant_update_message edit_window_closed block_mismatch"

CLASSES = (
    (AGAIN, SendFailed),
    (UNSURE, SendAmbiguous),
    (OPERATOR, SendFailed),
    (REFUSED, SendRefused),
    (GONE, SendGone),
)
ROWS = [(code, error) for codes, error in CLASSES for code in codes.split()]


async def call(api: Api) -> HandrailError | dict[str, Any]:
    try:
        return await api.call("chat.postMessage", channel="C0EXAMPLE01", text=CANARY)
    except HandrailError as error:
        return error


async def meets(answer: Any) -> HandrailError | dict[str, Any]:
    """What a call becomes when Slack answers like this."""
    async with played(lambda method, arguments: answer) as (_, api):
        return await call(api)


# --- the table (P3) ---


def test_there_are_more_than_sixty_rows_and_every_one_of_them_is_known() -> None:
    assert len(ROWS) >= 60
    assert {code for code, _ in ROWS} <= set(KNOWN)


async def test_every_known_error_comes_out_as_its_class() -> None:
    wrong = []
    for code, error in ROWS:
        met = await meets({"ok": False, "error": code})
        if type(met) is not error or str(met) != code:
            wrong.append((code, met))
    assert wrong == []


async def test_what_only_an_operator_can_mend_waits_a_minute_and_says_so() -> None:
    for code in OPERATOR.split():
        async with played(lambda *_, code=code: {"ok": False, "error": code}) as (_, api):
            met = await call(api)
            assert isinstance(met, SendFailed)
            assert (met.retry_after, api.breaker.trouble) == (60.0, code)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 408])
@pytest.mark.parametrize("body", ['{"ok": false, "error": "channel_not_found"}', "<html>sorry</html>", ""])
async def test_a_server_that_broke_may_have_done_it(status: int, body: str) -> None:
    met = await meets(web.Response(status=status, text=body, content_type="application/json"))
    assert isinstance(met, SendAmbiguous)


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="<html>a page</html>", content_type="text/html"),
        web.Response(text="plain", content_type="text/plain"),
        web.Response(text='{"ok": tr', content_type="application/json"),
        web.Response(body=b'{"ok": "\xff\xfe', content_type="application/json"),
        web.Response(text="[1, 2]", content_type="application/json"),
        web.Response(text="null", content_type="application/json"),
        web.Response(text="", content_type="application/json"),
        {"ok": False},
        {},
        {"ok": False, "error": 7},
        {"ok": False, "error": CANARY},
        {"ok": False, "error": "an_error_that_slack_made_up_today"},
        DROPPED,
    ],
    ids=str,
)
async def test_an_answer_that_is_none_may_have_been_a_yes(answer: Any) -> None:
    met = await meets(answer)
    assert isinstance(met, SendAmbiguous)
    assert CANARY not in str(met)


async def test_no_answer_in_time_may_have_been_a_yes() -> None:
    async def late() -> dict[str, Any]:
        await asyncio.sleep(0.4)
        return {"ok": True}

    async with played(lambda *_: late()) as (_, api):
        assert isinstance(await call(api), SendAmbiguous)


async def test_a_refused_connection_is_certainly_not_taken() -> None:
    async with scripted(lambda *_: {"ok": True}) as gone:
        url = gone.url
    async with impatient(url, Seconds()) as api:
        assert isinstance(await call(api), SendFailed)


@pytest.mark.parametrize("said", [{"ok": True}, {"ok": False, "error": "channel_not_found"}])
async def test_it_is_known_for_how_long_slack_was_not_reached_and_whatever_it_says_ends_that(said: Any) -> None:
    seconds = Seconds()
    async with scripted(lambda *_: {"ok": True}) as gone:
        url = gone.url
    async with played(lambda *_: said, seconds) as (_, api):
        answering, api.client.base_url = api.client.base_url, f"{url}/api/"
        await call(api)
        seconds.now += 3.0
        await call(api)
        seconds.now += 4.0
        assert api.breaker.unreached_seconds == 7.0
        api.client.base_url = answering
        await call(api)
        assert api.breaker.unreached_seconds == 0.0


@pytest.mark.parametrize(
    "fault",
    [
        aiohttp.ClientConnectorDNSError,
        aiohttp.ClientConnectorSSLError,
        aiohttp.ClientConnectorCertificateError,
        aiohttp.ClientProxyConnectionError,
        aiohttp.ConnectionTimeoutError,
    ],
)
def test_what_fails_before_a_connection_stands_was_never_sent(fault: type[Exception]) -> None:
    assert issubclass(fault, NEVER_SENT)


@pytest.mark.parametrize(
    "fault", [aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError, TimeoutError]
)
def test_what_fails_once_a_connection_stood_may_have_been_sent(fault: type[Exception]) -> None:
    assert not issubclass(fault, NEVER_SENT)


async def test_an_unheard_of_error_is_remembered_as_an_alarm_and_a_known_one_is_not() -> None:
    said = iter(["made_up_today", "made_up_today", "internal_error", "is_archived"])
    async with played(lambda *_: {"ok": False, "error": next(said)}) as (_, api):
        for _ in range(4):
            await call(api)
        assert api.breaker.alarms == Counter(made_up_today=2)


async def test_alarms_do_not_grow_without_end() -> None:
    said = (f"made_up_{number}" for number in range(100))
    async with played(lambda *_: {"ok": False, "error": next(said)}) as (_, api):
        for _ in range(100):
            await call(api)
        assert len(api.breaker.alarms) == 50


@given(st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()), st.dictionaries(st.text(), st.text())))
@settings(max_examples=100)
def test_whatever_stands_where_an_error_should_becomes_a_code(said: Any) -> None:
    code = code_of({"error": said})
    assert code == "" or (code.replace("_", "").isalnum() and code.isascii() and len(code) <= 60)


# --- once ---


async def test_a_call_is_made_once_and_the_client_as_it_comes_would_make_it_twice() -> None:
    async with played(lambda *_: DROPPED) as (slack, api):
        assert isinstance(await call(api), SendAmbiguous)
        assert len(slack.calls) == 1
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError):
                await AsyncWebClient("xoxb-example", slack.url, session=session).chat_postMessage(channel="C", text="x")
        assert len(slack.calls) > 2


# --- leaving Slack alone (P2) ---


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("1", 1.0),
        ("0", 1.0),
        ("-5", 1.0),
        ("3600", 3600.0),
        ("999999", 3600.0),
        ("9" * 5000, 30.0),
        ("9" * 400, 30.0),
        (None, 30.0),
        ("", 30.0),
        ("soon", 30.0),
        ("1.5", 30.0),
        ("\x00", 30.0),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOON - timedelta(seconds=90), usegmt=True), 1.0),
        ("Fri, 20 Nov 2026 12:02:00 -0000", 120.0),
        ("Fri, 99 Nov 2026 12:02:00 GMT", 30.0),
    ],
)
def test_how_long_slack_asks_to_be_left_alone(header: str | None, seconds: float) -> None:
    assert seconds_to_wait(header, NOON) == seconds


@given(st.text())
@settings(max_examples=150)
def test_any_header_gives_between_a_second_and_an_hour(header: str) -> None:
    assert 1.0 <= seconds_to_wait(header, NOON) <= 3600.0


def throttling(slack: Scripted, header: str) -> None:
    slack.answer = lambda *_: web.Response(status=429, headers={"Retry-After": header}, text='{"ok": false}')


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("3600", 3600.0), ("soon", 30.0)])
async def test_nothing_is_called_within_the_time_that_slack_asked_for(header: str, wait: float) -> None:
    seconds = Seconds()
    async with played(lambda *_: {"ok": True}, seconds) as (slack, api):
        throttling(slack, header)
        first = await call(api)
        assert isinstance(first, SendFailed)
        assert first.retry_after == wait
        slack.answer = lambda *_: {"ok": True}
        for share in (0.0, 0.5, 0.99):
            seconds.now = 1000.0 + wait * share
            held = await call(api)
            assert isinstance(held, SendFailed)
            assert held.retry_after == pytest.approx(wait * (1 - share))
        assert len(slack.calls) == 1
        seconds.now = 1000.0 + wait
        assert await call(api) == {"ok": True}
        assert await call(api) == {"ok": True}


async def test_a_channel_that_is_throttled_holds_up_no_other_channel_and_no_other_method() -> None:
    async with played(lambda *_: {"ok": True}) as (slack, api):
        throttling(slack, "30")
        await call(api)
        slack.answer = lambda *_: {"ok": True}
        assert await api.call("chat.postMessage", channel="C0EXAMPLE02", text="x") == {"ok": True}
        assert await api.call("chat.update", channel="C0EXAMPLE01", ts="1.1", text="x") == {"ok": True}


async def test_updates_are_throttled_together() -> None:
    async with played(lambda *_: {"ok": True}) as (slack, api):
        throttling(slack, "30")
        for channel in ("C0EXAMPLE01", "C0EXAMPLE02"):
            with pytest.raises(SendFailed, match="ratelimited"):
                await api.call("chat.update", channel=channel, ts="1.1", text="x")
        assert len(slack.calls) == 1


# --- when only a person can help (P4) ---


async def test_a_revoked_token_is_tried_at_most_once_a_minute_and_everything_works_once_it_is_mended() -> None:
    seconds = Seconds()
    async with played(lambda *_: {"ok": False, "error": "token_revoked"}, seconds) as (slack, api):
        for tick in range(3600):
            seconds.now = 1000.0 + tick
            assert isinstance(await call(api), SendFailed)
        assert len(slack.calls) == 60
        assert api.breaker.trouble == "token_revoked"
        slack.answer = lambda *_: {"ok": True}
        seconds.now += 60.0
        assert await call(api) == {"ok": True}
        assert api.breaker.trouble == ""
        assert await call(api) == {"ok": True}


async def test_after_the_minute_one_caller_tries_for_all() -> None:
    seconds = Seconds()
    async with played(lambda *_: {"ok": False, "error": "token_revoked"}, seconds) as (slack, api):
        await call(api)
        seconds.now += 60.0
        met = await asyncio.gather(*(call(api) for _ in range(20)))
        assert all(isinstance(each, SendFailed) for each in met)
        assert len(slack.calls) == 2


async def test_a_missing_scope_stops_its_own_method_only_and_says_which_scope() -> None:
    def answer(method: str, arguments: Any) -> dict[str, Any]:
        lacks = {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "im:read"}
        return lacks if method == "chat.postMessage" else {"ok": True}

    async with played(answer) as (slack, api):
        await call(api)
        await call(api)
        assert api.breaker.trouble == "missing_scope chat:write"
        assert await api.call("users.info", user="U0EXAMPLE1") == {"ok": True}
        assert len(slack.called("chat.postMessage")) == 1


# --- nothing of what is written (F10) ---


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


async def test_no_fault_puts_what_was_written_into_a_log_or_an_error(
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    answers = [
        {"ok": True},
        {"ok": False, "error": "invalid_blocks"},
        {"ok": False, "error": CANARY},
        web.Response(text=CANARY, content_type="text/html"),
        web.Response(text='{"' + CANARY, content_type="application/json"),
        DROPPED,
    ]
    async with scripted(lambda *_: answers.pop(0)) as slack, open_api("xoxb-example", slack.url) as api:
        met = [str(await call(api)) for _ in range(len(answers))]
    assert CANARY not in "".join(met)
    assert CANARY not in everything_logged.text


async def test_the_client_as_it_comes_would_log_what_was_written(
    everything_logged: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = logging.getLogger("slack_sdk")
    monkeypatch.setattr(library, "propagate", True)
    monkeypatch.setattr(library, "level", logging.DEBUG)
    library.manager._clear_cache()  # type: ignore[attr-defined]
    async with played(lambda *_: {"ok": True}) as (_, api):
        await call(api)
    assert CANARY in everything_logged.text


# --- who we are ---


async def test_who_the_token_belongs_to() -> None:
    said = {"ok": True, "team_id": "T0EXAMPLE1", "user_id": "U0BOT00001", "bot_id": "B0BOT00001"}
    async with scripted(lambda *_: said) as slack, open_api("xoxb-example", slack.url) as api:
        home = await find_home(api)
        assert (home.team, home.person, home.bot) == ("T0EXAMPLE1", "U0BOT00001", "B0BOT00001")
        del said["user_id"]
        with pytest.raises(SendRefused):
            await find_home(api)

"""Slack over HTTP: nothing is read before it is proved, and whatever comes in, the fault is never ours (T01-T08)."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import edge
from adapters.slack.edge import Refused, Signature, read_body
from bot.errors import ConfigError
from tests.slack.payloads import picture
from tests.slack_reception import (
    APP,
    OLD_SECRET,
    SECRET,
    TEAM,
    Desk,
    Logged,
    StillClock,
    event,
    everything_logged,
    message,
    open_desk,
    press,
    sign,
)

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
CANARY = "CANARY-7c1e"


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk((SECRET, OLD_SECRET)) as it:
        yield it


@pytest.fixture
def logged() -> Iterator[Logged]:
    with everything_logged() as it:
        yield it


# --- the signature ---


def test_not_one_of_20000_changed_requests_is_proved() -> None:
    clock, chance = StillClock(), random.Random(20261120)
    proof, body, stamp = Signature((SECRET,), clock), b'{"text":"hello"}', str(int(StillClock().at.timestamp()))
    good = (stamp, sign(body, stamp), body)
    assert proof.proves(*good)
    proved = [changed for _ in range(20_000) if (changed := _changed(good, chance)) != good and proof.proves(*changed)]
    assert proved == []


def _changed(good: tuple[str, str, bytes], chance: random.Random) -> tuple[str, str, bytes]:
    """One part changed by a letter: put in, taken out or exchanged."""
    parts = [good[0], good[1], good[2].decode("latin-1")]
    which = chance.randrange(3)
    text, at = parts[which], chance.randrange(len(parts[which]))
    new = chance.choice(["", chr(chance.randrange(1, 256)), text[at] * 2, text[at].swapcase()])
    parts[which] = text[:at] + new + text[at + 1 :]
    return parts[0], parts[1], parts[2].encode("latin-1")


@settings(max_examples=150, deadline=None)
@given(st.text(), st.text(), st.binary(max_size=60))
def test_no_header_and_no_body_breaks_the_proof(stamp: str, signature: str, body: bytes) -> None:
    assert Signature((SECRET,), StillClock()).proves(stamp, signature, body) is False


@pytest.mark.parametrize(("age", "proved"), [(300, True), (301, False), (-60, True), (-61, False), (0, True)])
def test_a_stamp_holds_for_five_minutes_and_may_be_a_minute_ahead(age: int, proved: bool) -> None:
    clock = StillClock()
    stamp = str(int(clock.at.timestamp()) - age)
    assert Signature((SECRET,), clock).proves(stamp, sign(b"{}", stamp), b"{}") is proved


@pytest.mark.parametrize("secrets", [(), ("",), (SECRET, " ")])
def test_no_secret_at_all_is_refused_at_the_start(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="SLACK_SIGNING_SECRET"):
        Signature(secrets, StillClock())


def test_a_secret_is_not_shown_by_what_holds_it() -> None:
    assert SECRET not in repr(Signature((SECRET,), StillClock()))


# --- over HTTP ---


async def test_changed_requests_are_answered_401_and_nothing_is_heard(desk: Desk) -> None:
    raw, headers = desk.signed(json.dumps(event(message())).encode(), JSON)
    chance = random.Random(3)
    for _ in range(300):
        good = (headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"], raw)
        stamp, signature, body = _changed(good, chance)
        if not (stamp + signature).isprintable():
            continue  # no client can send it, and aiohttp's server refuses it
        if stamp.strip() == good[0] and signature.strip() == good[1] and body == raw:
            continue  # HTTP itself takes blanks from around a header
        given_headers = {**headers, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        assert (await desk.post(body, given_headers))[0] in (400, 401)
    assert desk.bot.heard == []
    assert (await desk.post(raw, headers))[0] == 200


async def test_the_same_bytes_again_are_taken_within_the_window_and_not_after_it(desk: Desk) -> None:
    raw, headers = desk.signed(json.dumps(event(message())).encode(), JSON)
    statuses = {(await desk.post(raw, headers))[0] for _ in range(20)}
    assert statuses == {200}
    assert len({incoming.key for incoming in desk.bot.heard}) == 1
    desk.clock.at += timedelta(seconds=301)
    assert (await desk.post(raw, headers))[0] == 401


async def test_while_a_secret_is_replaced_both_hold_and_no_other(desk: Desk) -> None:
    for secret, status in ((SECRET, 200), (OLD_SECRET, 200), ("another", 401)):
        assert (await desk.send(event(message()), secret=secret))[0] == status


async def test_nothing_is_parsed_when_the_signature_is_bad(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[object] = []
    loads = json.loads

    def watched(text: str, **more: Any) -> object:
        parsed.append(text)
        return loads(text, **more)

    raw, headers = desk.signed(json.dumps(event(message())).encode(), JSON)
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", watched)
        assert (await desk.post(raw, {**headers, "X-Slack-Signature": "v0=" + "0" * 64}))[0] == 401
        assert parsed == []
        assert (await desk.post(raw, headers))[0] == 200
        assert len(parsed) == 1


HEADERS_OF_F11 = {
    "no stamp": {"X-Slack-Request-Timestamp": ""},
    "words for a stamp": {"X-Slack-Request-Timestamp": "yesterday"},
    "5000 digits": {"X-Slack-Request-Timestamp": "1" * 5000},
    "a fraction": {"X-Slack-Request-Timestamp": "1790000000.5"},
    "a negative stamp": {"X-Slack-Request-Timestamp": "-1790000000"},
    "digits of another script": {"X-Slack-Request-Timestamp": "١٧٩٠٠٠٠٠٠٠"},
    "no signature": {"X-Slack-Signature": ""},
    "a signature beyond ASCII": {"X-Slack-Signature": "v0=é"},
    "another version": {"X-Slack-Signature": "v1=" + "0" * 64},
}
BODIES_OF_F11 = {
    "invalid UTF-8": (b'{"a":"\xff"}', JSON),
    "a list": (b"[]", JSON),
    "null": (b"null", JSON),
    "half an object": (b"{", JSON),
    "a list as payload": (b"payload=%5B%5D", FORM),
    "nothing": (b"", JSON),
    "nothing as a form": (b"", FORM),
    "invalid UTF-8 in a form": (b"payload=%FF", FORM),
    "not a number": (b'{"type":NaN}', JSON),
    "very many digits": (b'{"a":' + b"9" * 5000 + b"}", JSON),
    "very deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON),
    "a deep list as payload": (b"payload=" + b"[" * 200_000, FORM),
    "two payloads": (urlencode([("payload", "{}"), ("payload", "{}")]).encode(), FORM),
    "very many parts": (urlencode([(f"p{n}", "") for n in range(5000)]).encode(), FORM),
    "another kind": (b"{}", "text/plain"),
}


@pytest.mark.parametrize("wrong", HEADERS_OF_F11.values(), ids=HEADERS_OF_F11)
async def test_hostile_headers_are_401(desk: Desk, wrong: dict[str, str], logged: Logged) -> None:
    raw, headers = desk.signed(json.dumps(event(message(CANARY))).encode(), JSON)
    assert (await desk.post(raw, {**headers, **wrong}))[0] == 401
    assert _quiet(logged)


@pytest.mark.parametrize(("raw", "kind"), BODIES_OF_F11.values(), ids=BODIES_OF_F11)
async def test_hostile_bodies_are_400_even_when_signed(desk: Desk, raw: bytes, kind: str, logged: Logged) -> None:
    assert (await desk.post(*desk.signed(raw, kind)))[0] == 400
    assert _quiet(logged)
    assert desk.bot.heard == []


def _quiet(logged: Logged) -> bool:
    return CANARY not in logged.text and not logged.faults


async def test_a_header_that_stands_there_twice_proves_nothing(desk: Desk) -> None:
    raw, headers = desk.signed(json.dumps(event(message())).encode(), JSON)
    twice = [*headers.items(), ("X-Slack-Signature", "v0=00")]
    async with desk.client.post("/slack/events", data=raw, headers=twice) as answer:
        assert answer.status == 401


async def test_more_than_a_megabyte_is_413_signed_or_not(desk: Desk) -> None:
    raw, headers = desk.signed(b'{"text":"' + b"a" * 1024 * 1024 + b'"}', JSON)
    assert (await desk.post(raw, headers))[0] == 413
    assert (await desk.post(raw, {"Content-Type": JSON}))[0] == 413


async def test_packed_bytes_are_not_unpacked(desk: Desk) -> None:
    raw, headers = desk.signed(gzip.compress(json.dumps(event(message())).encode()), JSON)
    for packed in (raw, b"not packed at all"):
        assert (await desk.post(packed, {**headers, "Content-Encoding": "gzip"}))[0] == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nCANARY-7c1e\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nCANARY-7c1e\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slack-Signature: \x00CANARY-7c1e\r\n\r\n",
        b"CANARY-7c1e\r\n\r\n",
    ],
)
async def test_what_is_not_even_http_is_400_and_is_not_quoted(desk: Desk, sent: bytes, logged: Logged) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    writer.write(sent)
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert b" 400 " in status
    assert _quiet(logged)


@pytest.mark.parametrize("rest", [b"", b"CANARY-7c1e\r\n"])
async def test_a_body_that_never_ends_is_400(desk: Desk, rest: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "READING_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" + rest)
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert b" 400 " in status


async def test_a_caller_that_hangs_up_is_no_fault_of_ours(desk: Desk, logged: Logged) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n" + CANARY.encode())
    await writer.drain()
    writer.transport.abort()
    assert (await desk.send(event(message())))[0] == 200
    assert _quiet(logged)


async def test_slacks_two_trials_of_the_address_are_answered_only_when_signed(desk: Desk) -> None:
    trial = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    status, text = await desk.post(*desk.signed(trial, JSON))
    assert (status, json.loads(text)) == (200, {"challenge": "abc"})
    assert (await desk.post(trial, {"Content-Type": JSON}))[0] == 401
    check = b"ssl_check=1&token=x"
    assert (await desk.post(*desk.signed(check, FORM)))[0] == 200
    assert (await desk.post(check, {"Content-Type": FORM}))[0] == 401


@pytest.mark.parametrize("app", [APP, "A0OTHER001", None])
@pytest.mark.parametrize("team", [TEAM, "T0OTHER001", None])
async def test_a_request_for_another_app_or_workspace_is_403(desk: Desk, team: str | None, app: str | None) -> None:
    given_to = [{"team_id": team}] if team else []
    status, _ = await desk.send(event(message(), team_id=team, api_app_id=app, authorizations=given_to))
    assert status == (200 if (team, app) == (TEAM, APP) else 403)
    assert len(desk.bot.heard) == (status == 200)
    wrong = {**press("press:1", "{}"), "team": {"id": team}, "api_app_id": app}
    assert (await desk.interact(wrong))[0] == status


async def test_of_a_picture_nothing_stays_in_memory_while_it_is_heard(desk: Desk) -> None:
    desk.bot.gate = asyncio.Event()
    sending = asyncio.create_task(desk.send(event(message(files=[picture(1, "U0JADE0001")], subtype="file_share"))))
    await asyncio.wait_for(desk.bot.begun.wait(), 5)
    requests = [it for it in gc.get_objects() if type(it) is web.Request]
    assert requests
    assert not [it for it in requests if it._read_bytes]
    desk.bot.gate.set()
    assert (await sending)[0] == 200
    assert desk.bot.heard[0].attachments == 1


# --- whatever shape it has ---

_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(TEAM) | st.just("message")
_NAMES = """type event user team id actions view state values channel text command ts callback_id action_id message
authorizations container subtype previous_message files"""
_KEYS = st.sampled_from(_NAMES.split())
_ANY = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=20
)
_TYPES = """event_callback block_actions view_submission view_closed shortcut message_action dialog_submission
interactive_message block_suggestion app_rate_limited workflow_step_edit x"""
_KINDS = st.sampled_from(_TYPES.split())


async def test_no_signed_shape_whatever_is_a_fault_of_ours(desk: Desk) -> None:
    statuses: set[int] = set()

    @settings(max_examples=1, deadline=None)
    @given(st.lists(st.tuples(_KINDS, st.dictionaries(_KEYS, _ANY, max_size=8)), min_size=400, max_size=400))
    def collect(made: list[tuple[str, dict[str, object]]]) -> None:
        shapes.extend(made)

    shapes: list[tuple[str, dict[str, object]]] = []
    collect()
    for kind, shape in shapes:
        body = {**shape, "type": kind, "team_id": TEAM, "api_app_id": APP, "authorizations": []}
        statuses.add((await desk.send(body))[0])
        statuses.add((await desk.interact(body))[0])
    assert statuses <= {200, 403}
    assert 200 in statuses


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([JSON, FORM, "", "text/html"]))
def test_any_bytes_are_read_or_refused(raw: bytes, kind: str) -> None:
    try:
        assert isinstance(read_body(raw, kind), dict)
    except Refused as refused:
        assert refused.status == 400


@pytest.mark.parametrize("text", ["a\\x41b", "\\n", "50% + é 😀", "\\u0041", "a+b&c=d"])
def test_a_form_is_read_exactly_as_it_was_written(text: str) -> None:
    assert read_body(b"text=" + quote_plus(text).encode(), FORM)["text"] == text


def test_a_part_that_stands_twice_is_refused() -> None:
    with pytest.raises(Refused):
        read_body(b"text=a&text=b", FORM)

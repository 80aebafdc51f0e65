"""The gate before the SDK: nothing is read before it is proved, and whatever comes in, the fault is never ours.

T03, T09-T15, T28, T50, T70.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.teams import gate
from adapters.teams.answers import Answer, sentence
from adapters.teams.gate import Ours
from adapters.teams.proof import NoProof, Proof, TokenProof
from adapters.teams.us import ServiceUrls, Us
from bot.errors import ConfigError, StoreUnavailable
from tests.slack_reception import Logged, everything_logged
from tests.teams_gate import CANARY, LOCAL, LOCAL_SERVICE, Desk, activity, open_desk, quiet
from tests.teams_keys import (
    APP,
    ISSUER,
    SERVICE,
    TENANT,
    StillClock,
    token,
)

Json = dict[str, Any]


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as it:
        yield it


@pytest_asyncio.fixture
async def near() -> AsyncIterator[Desk]:
    async with open_desk(LOCAL) as it:
        yield it


@pytest.fixture
def logged() -> Iterator[Logged]:
    with everything_logged() as it:
        yield it


# --- what it says of itself ---

HOSTILE = [
    "https://evil.example/",
    "https://smba.trafficmanager.net@evil.example/",
    "https://evil.example@smba.trafficmanager.net/",
    "https://u:p@smba.trafficmanager.net/",
    "https://smba.trafficmanager.net.evil.example/",
    "https://evilsmba.trafficmanager.net/",
    "https://x.smba.trafficmanager.net/",
    "https://smba.trafficmanager.net:8443/",
    "https://smba.trafficmanager.net:443/",
    "https://smba.trafficmanager.net./",
    "https://smba.trafficmanager.net%2eevil.example/",
    "https://smba.trafficmanager.net\\@evil.example/",
    "https://smba.trafficmanager.net#@evil.example/",
    "https://smba.trafficmanager.net?@evil.example/",
    "https://xn--smba-trafficmanager.net/",
    "https://smbа.trafficmanager.net/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://127.0.0.1/",
    "https://169.254.169.254/metadata/identity",
    "http://smba.trafficmanager.net/",
    "HTTP://smba.trafficmanager.net/",
    "ftp://smba.trafficmanager.net/",
    "//smba.trafficmanager.net/",
    "smba.trafficmanager.net",
    "javascript:alert(1)",
    "https://",
    "https://[",
    "https://smba.trafficmanager.net:port/",
    "https:///smba.trafficmanager.net/",
    "\ud800",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_service_url_that_we_may_not_speak_to_is_401_even_when_signed(desk: Desk, url: str) -> None:
    claimed = {} if "\ud800" in url else {"serviceurl": url}
    assert await desk.send(activity(serviceUrl=url), f"Bearer {token(desk.clock, **claimed)}") == 401
    assert desk.taken == []


@pytest.mark.parametrize(
    ("said", "claimed", "status"),
    [
        (SERVICE, SERVICE.removesuffix("/"), 200),
        (SERVICE.removesuffix("/"), SERVICE, 200),
        (SERVICE, SERVICE + "/", 401),
        (SERVICE, SERVICE.replace("uk", "UK"), 401),
        (None, SERVICE, 401),
        ([SERVICE], SERVICE, 401),
        ({"url": SERVICE}, SERVICE, 401),
    ],
)
async def test_the_service_url_is_the_one_the_token_names(desk: Desk, said: Any, claimed: str, status: int) -> None:
    assert await desk.send(activity(serviceUrl=said), f"Bearer {token(desk.clock, serviceurl=claimed)}") == status


@pytest.mark.parametrize("channel", ["webchat", "emulator", "MSTEAMS", "msteams ", "", None, ["msteams"], 7])
async def test_another_channel_is_401(desk: Desk, channel: object) -> None:
    assert await desk.send(activity(channelId=channel)) == 401
    assert desk.taken == []


OTHER = "88888888-8888-7777-6666-555555555555"


@pytest.mark.parametrize("in_data", [TENANT, TENANT.upper(), OTHER, "", None, 7, [TENANT]])
@pytest.mark.parametrize("in_talk", [TENANT, TENANT.upper(), OTHER, "", None, {"id": TENANT}])
async def test_another_school_is_403(desk: Desk, in_talk: object, in_data: object) -> None:
    body = activity(conversation={"id": "a:jade", "tenantId": in_talk}, channelData={"tenant": {"id": in_data}})
    ours = (TENANT, TENANT.upper())
    expected = 200 if in_talk in ours and in_data in ours else 403
    assert await desk.send(body) == expected
    assert len(desk.taken) == (expected == 200)


@pytest.mark.parametrize("part", ["conversation", "channelData"])
@pytest.mark.parametrize("shape", [None, [], "x", 7, {}, {"tenant": None}, {"tenant": "x"}])
async def test_a_part_that_says_no_school_is_403(desk: Desk, part: str, shape: object, logged: Logged) -> None:
    assert await desk.send(activity(**{part: shape})) == 403
    assert "'why': 'tenant'" in logged.text
    assert quiet(logged)


# --- bodies ---

BODIES: dict[str, tuple[bytes, str]] = {
    "invalid UTF-8": (b'{"a":"\xff"}', "application/json"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "application/json"),
    "a mark before it": (b"\xef\xbb\xbf{}", "application/json"),
    "a list": (b"[]", "application/json"),
    "null": (b"null", "application/json"),
    "half an object": (b"{", "application/json"),
    "two objects": (b"{}{}", "application/json"),
    "nothing": (b"", "application/json"),
    "not a number": (b'{"a":NaN}', "application/json"),
    "endless": (b'{"a":-Infinity}', "application/json"),
    "very many digits": (b'{"a":' + b"9" * 5000 + b"}", "application/json"),
    "very deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "application/json"),
    "a deep list": (b"[" * 500_000, "application/json"),
    "another kind": (b"{}", "text/plain"),
    "no kind": (b"{}", "application/octet-stream"),
}


@pytest.mark.parametrize(("raw", "kind"), BODIES.values(), ids=BODIES)
async def test_hostile_bodies_are_400_even_with_a_good_token(desk: Desk, raw: bytes, kind: str, logged: Logged) -> None:
    assert await desk.send() == 200
    began = time.monotonic()
    assert await desk.send(raw, **{"Content-Type": kind}) == 400
    assert time.monotonic() - began < 0.5
    assert len(desk.taken) == 1
    assert quiet(logged)


async def test_more_than_a_megabyte_is_413_proved_or_not(desk: Desk) -> None:
    large = b'{"text":"' + b"a" * 1024 * 1024 + b'"}'
    kind = {"Content-Type": "application/json"}
    for shown in ({}, {"Authorization": f"Bearer {token(desk.clock)}"}):
        assert (await desk.post(io.BytesIO(large), {**kind, **shown}))[0] == 413


async def test_packed_bytes_are_not_unpacked(desk: Desk) -> None:
    for raw in (gzip.compress(json.dumps(activity()).encode()), b"not packed at all"):
        assert await desk.send(raw, **{"Content-Encoding": "gzip"}) == 400
    assert desk.taken == []


@pytest.mark.parametrize("rest", [b"", b"CANARY-7c1e\r\n"])
async def test_a_body_that_never_ends_is_400(desk: Desk, rest: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "READING_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    writer.write(b"POST /api/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" + rest)
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert b" 400 " in status


async def test_a_body_that_comes_slowly_keeps_nobody_waiting(desk: Desk) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", desk.client.port) for _ in range(100)]
    for _, writer in slow:
        writer.write(b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
    began = time.monotonic()
    assert await desk.send() == 200
    assert time.monotonic() - began < 0.5
    for _, writer in slow:
        writer.transport.abort()


async def test_a_caller_that_hangs_up_is_no_fault_of_ours(desk: Desk, logged: Logged) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    writer.write(b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n" + CANARY.encode())
    await writer.drain()
    writer.transport.abort()
    assert await desk.send() == 200
    assert quiet(logged)


async def test_of_a_picture_nothing_stays_in_memory_while_it_is_taken(desk: Desk) -> None:
    desk.gate = asyncio.Event()
    address = "data:image/png;base64," + "PICTURE7c1e" * 20
    offered = [{"contentType": "image/png", "contentUrl": address, "name": "x.png"}]
    sending = asyncio.create_task(_without_keeping(desk, activity(attachments=offered)))
    await asyncio.wait_for(desk.begun.wait(), 5)
    gc.collect()
    held = [it for it in gc.get_objects() if type(it) is dict and "contentUrl" in it and it is not offered[0]]
    assert held == []
    assert not [it for it in gc.get_objects() if type(it) is web.Request and it._read_bytes]
    desk.gate.set()
    assert await sending == 200
    assert "PICTURE7c1e" not in json.dumps(desk.taken)


async def _without_keeping(desk: Desk, body: Json) -> int:
    return await desk.send(body)


# --- whatever shape it has ---

_RANDOM = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=200)


async def test_no_bytes_and_no_header_whatever_are_a_fault_of_ours(desk: Desk, logged: Logged) -> None:
    made: list[tuple[str, bytes, bool]] = []

    @_RANDOM
    @given(_HEADER | st.just("Bearer ") | st.text("abc.-_=", max_size=60), st.binary(max_size=300), st.booleans())
    def collect(header: str, raw: bytes, bears: bool) -> None:
        made.append((header, raw, bears))

    collect()
    statuses = set()
    for header, raw, bears in made:
        shown = f"Bearer {header}" if bears else header
        statuses.add(await desk.send(raw + CANARY.encode(), shown.strip()))
        statuses.add(await desk.send(raw + CANARY.encode()))
    assert statuses <= {400, 401, 403, 413}
    assert statuses >= {400, 401}
    assert desk.taken == []
    assert quiet(logged)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(TENANT)
_NAMES = """type id text value from recipient conversation channelData tenant tenantId serviceUrl channelId attachments
content contentType entities membersAdded membersRemoved name action verb data handrail aadObjectId eventType team
channel settings timestamp replyToId msteams"""
_KEYS = st.sampled_from(_NAMES.split())
_ANY = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=20
)


async def test_no_proved_shape_whatever_is_a_fault_of_ours(desk: Desk, logged: Logged) -> None:
    shapes: list[Json] = []

    @_RANDOM
    @given(st.dictionaries(_KEYS, _ANY, max_size=8), st.booleans())
    def collect(shape: Json, ours: bool) -> None:
        shapes.append({**activity(), **shape, "channelId": "msteams", "serviceUrl": SERVICE} if ours else shape)

    collect()
    statuses = {await desk.send(shape) for shape in shapes}
    assert statuses <= {200, 400, 401, 403}
    assert statuses >= {200, 401}
    assert not logged.faults


async def test_a_lone_surrogate_is_no_fault_of_ours(desk: Desk, logged: Logged) -> None:
    raw = json.dumps(activity()).replace("hello", "\\ud800 hello \\u0000").encode()
    assert await desk.send(raw) == 200
    assert quiet(logged)


# --- the answer ---


async def test_the_answer_goes_back_as_it_is(desk: Desk) -> None:
    raw = json.dumps(activity()).encode()
    headers = {"Authorization": f"Bearer {token(desk.clock)}", "Content-Type": "application/json"}
    assert await desk.post(raw, headers) == (200, "")
    desk.answer = sentence("Saved.")
    status, text = await desk.post(raw, headers)
    assert (status, json.loads(text)) == (200, desk.answer.body)
    desk.answer = Answer(200, {})
    assert await desk.post(raw, headers) == (200, "{}")


async def test_what_could_not_be_kept_is_503_and_a_fault_of_ours_is_500_without_a_word(
    desk: Desk, logged: Logged
) -> None:
    desk.fault = StoreUnavailable(CANARY)
    assert await desk.send() == 503
    assert not logged.faults
    desk.fault = ValueError(CANARY)
    assert await desk.send() == 500
    assert [fault for fault in logged.faults if "teams_not_taken" in fault] == logged.faults != []
    assert CANARY not in logged.text


# --- local mode ---


async def test_in_local_mode_this_computer_needs_no_token(near: Desk) -> None:
    body = activity(serviceUrl=LOCAL_SERVICE, conversation={"id": "a:x"}, channelData=None)
    for shown in ("", "Bearer", "Bearer anything"):
        assert await near.send(body, shown) == 200
    for host in ("localhost", "localhost:3978", "[::1]:3978", "LOCALHOST"):
        assert await near.send(body, "", Host=host) == 200
    assert near.server.fetched == {}


@pytest.mark.parametrize(
    "url", [SERVICE, "https://127.0.0.1/", "http://evil.example/", "http://127.0.0.1.evil.example", *HOSTILE]
)
async def test_in_local_mode_nothing_but_this_computer_is_spoken_to(near: Desk, url: str) -> None:
    assert await near.send(activity(serviceUrl=url), "") == 401
    assert near.taken == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:3978"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3978"},
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
    ],
)
async def test_in_local_mode_a_web_page_and_a_tunnel_are_403(near: Desk, headers: dict[str, str]) -> None:
    assert await near.send(activity(serviceUrl=LOCAL_SERVICE), "", **headers) == 403
    assert near.taken == []


@pytest.mark.parametrize(("remote", "near"), [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True)])
def test_who_is_near(remote: str, near: bool) -> None:
    assert _is_let_in(remote) is near


@pytest.mark.parametrize("remote", ["192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "", None])
def test_in_local_mode_another_computer_is_403(remote: str | None) -> None:
    assert not _is_let_in(remote)


def _is_let_in(remote: Any) -> bool:
    request = make_mocked_request("POST", gate.PATH, {"Host": "localhost"}).clone(remote=remote)
    try:
        gate._require_this_computer(request)
    except gate.Refused as refused:
        assert refused.status == 403
        return False
    return True


async def test_in_local_mode_the_channel_is_still_teams(near: Desk) -> None:
    assert await near.send(activity(serviceUrl=LOCAL_SERVICE, channelId="emulator"), "") == 401


@pytest.mark.parametrize(
    ("us", "urls", "proves"),
    [
        (Us(APP, TENANT), ServiceUrls(), False),
        (Us(APP, TENANT), ServiceUrls(loopback=True), False),
        (Us("", TENANT), ServiceUrls(), False),
        (Us("", ""), ServiceUrls(loopback=True), True),
        (Us("", ""), ServiceUrls(), True),
    ],
)
def test_a_gate_that_would_prove_nothing_is_not_mounted(us: Us, urls: ServiceUrls, proves: bool) -> None:
    keys: Any = None
    proof: Proof = TokenProof(keys, APP, ISSUER, StillClock()) if proves else NoProof()

    async def take(_: Json) -> Answer:
        return Answer()

    with pytest.raises(ConfigError, match="MicrosoftAppId"):
        gate.mount(proof, Ours(us, urls), take)
    gate.mount(NoProof(), LOCAL, take)

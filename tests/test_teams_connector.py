"""Every answer of Microsoft has a class, it is left alone when it asks, and a token goes to allowed hosts only."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import refusals
from adapters.teams.calls import NEVER_SENT
from adapters.teams.connector import Connector, open_session
from adapters.teams.credentials import NoTokens
from adapters.teams.us import CONNECTOR, GRAPH, ServiceUrls
from bot.errors import HandrailError, SendAmbiguous, SendFailed, SendGone, SendRefused
from tests.scripted_teams import BOT, CHANNEL, DIRECT, DROPPED, GROUP, TEAM, Badges, Called, Place, played, scripted

CANARY = "the words of a child"
SAYING = {"type": "message", "text": CANARY}


def status(code: int, body: Any = None, **headers: str) -> web.Response:
    return web.json_response({} if body is None else body, status=code, headers=headers)


async def say(place: Place) -> HandrailError | str:
    try:
        return await place.connector.send(place.direct, SAYING)
    except HandrailError as error:
        return error


async def change(place: Place) -> HandrailError | None:
    try:
        await place.connector.update(place.direct, "1700", SAYING)
    except HandrailError as error:
        return error
    return None


async def said_to(make: Callable[[], Any]) -> tuple[HandrailError | str, Place]:
    """What a message becomes when each call is answered with what `make` makes."""
    async with played(lambda _: make()) as place:
        return await say(place), place


async def look(place: Place) -> HandrailError | dict[str, Any]:
    try:
        return await place.connector.member(place.direct, "29:jade")
    except HandrailError as error:
        return error


# --- what is called ---


async def test_a_message_goes_straight_into_its_conversation_with_every_id_encoded() -> None:
    async with played(lambda _: status(201, {"id": "1700/a"})) as place:
        assert await place.connector.send(place.address("19:a/b;x=1@thread.v2"), SAYING) == "1700/a"
        await place.connector.update(place.direct, "1700/a", SAYING)
        sent, put = place.cloud.calls
        assert (sent.method, sent.path) == ("POST", "/v3/conversations/19%3Aa%2Fb%3Bx%3D1%40thread.v2/activities")
        assert sent.body == {**SAYING, "from": {"id": BOT}, "conversation": {"id": "19:a/b;x=1@thread.v2"}}
        assert (put.method, put.path) == ("PUT", "/v3/conversations/a%3Ajade-and-the-bot/activities/1700%2Fa")
        assert put.body["id"] == "1700/a"


@pytest.mark.parametrize("ending", ["", "/", "uk", "uk/"])
async def test_an_address_of_the_service_may_end_with_a_slash_or_without_one(ending: str) -> None:
    async with played(lambda _: {"id": "1"}) as place:
        url = place.cloud.url.rstrip("/") + ("/" + ending if ending != "/" else ending).rstrip()
        await place.connector.send(place.address(DIRECT, service_url=url), SAYING)
        assert place.cloud.calls[0].plain.replace("/uk", "") == f"/v3/conversations/{DIRECT}/activities"


async def test_every_page_of_members_is_read() -> None:
    tokens = {"": "a&b=c", "a&b=c": "more", "more": None}

    def page(call: Called) -> Any:
        token = call.plain.partition("continuationToken=")[2]
        return {"members": [{"id": f"29:{token}"}], "continuationToken": tokens[token]}

    async with played(page) as place:
        assert [m["id"] async for m in place.connector.members(place.channel)] == ["29:", "29:a&b=c", "29:more"]
        first, second, _ = place.cloud.calls
        assert first.plain == f"/v3/conversations/{CHANNEL}/pagedmembers?pageSize=500"
        assert second.path.endswith("&continuationToken=a%26b%3Dc")


async def test_pages_without_an_end_are_no_answer() -> None:
    async with played(lambda _: {"members": [], "continuationToken": "again"}) as place:
        with pytest.raises(SendRefused, match="too_many_pages"):
            [member async for member in place.connector.members(place.channel)]


@pytest.mark.parametrize("page", [{}, {"members": None}, {"members": {"a": 1}}, {"members": [{}, "29:jade"]}])
async def test_a_page_that_cannot_be_read_is_no_answer(page: Any) -> None:
    async with played(lambda _: page) as place:
        with pytest.raises(SendAmbiguous):
            [member async for member in place.connector.members(place.channel)]


async def test_teams_and_channels_are_looked_at_by_their_own_ids() -> None:
    async with played(lambda _: {"id": TEAM, "conversations": [{"id": TEAM}]}) as place:
        assert await place.connector.team(place.cloud.url, TEAM) == {"id": TEAM, "conversations": [{"id": TEAM}]}
        assert await place.connector.channels(place.cloud.url, TEAM) == [{"id": TEAM}]
        assert [call.plain for call in place.cloud.calls] == [f"/v3/teams/{TEAM}", f"/v3/teams/{TEAM}/conversations"]


@pytest.mark.parametrize("id", ["", ".", ".."])
async def test_an_id_that_leads_elsewhere_is_never_called(id: str) -> None:
    async with played(lambda _: {"id": "1"}) as place:
        with pytest.raises(SendRefused, match="strange_id"):
            await place.connector.send(place.address(id), SAYING)
        assert place.cloud.calls == []


@pytest.mark.parametrize("said", [{}, {"id": ""}, {"id": 7}, {"id": None}])
async def test_an_answer_without_the_new_id_may_have_been_a_yes(said: Any) -> None:
    async with played(lambda _: status(201, said)) as place:
        assert isinstance(await say(place), SendAmbiguous)
        with pytest.raises(SendAmbiguous):
            await place.connector.create(place.cloud.url, {})


# --- the table (P3, P5) ---

ROWS: list[tuple[int, type[HandrailError]]] = [
    *((code, SendAmbiguous) for code in (408, 500, 501, 502, 503, 504, 507, 520, 300, 301, 302, 303, 304, 307, 308)),
    *((code, SendFailed) for code in (401, 412, 429)),
    *((code, SendRefused) for code in (400, 402, 403, 404, 405, 406, 407, 409, 410, 411, 413, 414, 415, 416, 417)),
    *((code, SendRefused) for code in (418, 421, 422, 423, 424, 425, 426, 428, 431, 444, 451, 499)),
]
BODIES: list[Any] = ["", "<html>sorry</html>", '{"error": {"code": "SomeCode", "message": "' + CANARY + '"}}']


async def test_every_status_comes_out_as_its_class_whatever_its_body() -> None:
    wrong = []
    for code, error in ROWS:
        for body in BODIES if code not in (304,) else BODIES[:1]:
            met, _ = await said_to(partial(web.Response, status=code, text=body))
            if type(met) is not error or CANARY in str(met) or not str(met).startswith(f"http_{code}"):
                wrong.append((code, body, met))
    assert wrong == []
    assert len(ROWS) * len(BODIES) > 60


@pytest.mark.parametrize(("code", "error"), [(404, SendGone), (410, SendGone), (403, SendRefused), (400, SendRefused)])
async def test_what_was_to_be_changed_and_stands_there_no_more_is_gone(code: int, error: type[HandrailError]) -> None:
    async with played(lambda _: status(code)) as place:
        assert type(await change(place)) is error


async def test_a_change_needs_no_more_than_a_yes() -> None:
    async with played(lambda _: web.Response(status=200)) as place:
        assert await change(place) is None


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="<html>a page</html>", content_type="text/html"),
        web.Response(text='{"id": "1', content_type="application/json"),
        web.Response(body=b'{"id": "\xff"}', content_type="application/json"),
        web.Response(text="[1]"),
        web.Response(text="null"),
        web.Response(text="[" * 100_000),
        web.Response(body=b"{}" + b" " * 4_100_000),
        DROPPED,
    ],
    ids=lambda answer: str(answer)[:60],
)
async def test_an_answer_that_is_none_may_have_been_a_yes(answer: Any) -> None:
    async with played(lambda _: answer) as place:
        assert isinstance(await say(place), SendAmbiguous)
        assert len(place.cloud.calls) == 1


async def test_no_answer_in_time_may_have_been_a_yes() -> None:
    async with played(lambda _: asyncio.sleep(0.5), patience=0.1) as place:
        assert isinstance(await say(place), SendAmbiguous)


async def test_a_cloud_that_cannot_be_reached_has_certainly_taken_nothing_and_it_is_known_for_how_long() -> None:
    async with scripted(lambda _: {"id": "1"}) as gone:
        url = gone.url
    async with played(lambda _: {"id": "1"}) as place:
        with pytest.raises(SendFailed):
            await place.connector.send(place.address(DIRECT, service_url=url), SAYING)
        place.seconds.now += 7.0
        assert place.connector.unreached_seconds == 7.0
        await say(place)
        assert place.connector.unreached_seconds == 0.0


@pytest.mark.parametrize(
    "fault", [aiohttp.ClientConnectorDNSError, aiohttp.ClientConnectorSSLError, aiohttp.ConnectionTimeoutError]
)
def test_what_fails_before_a_connection_stands_was_never_sent(fault: type[Exception]) -> None:
    assert issubclass(fault, NEVER_SENT)


@pytest.mark.parametrize(
    "fault", [aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError, TimeoutError]
)
def test_what_fails_once_a_connection_stood_may_have_been_sent(fault: type[Exception]) -> None:
    assert not issubclass(fault, NEVER_SENT)


async def test_the_reason_names_the_status_and_a_code_and_nothing_else() -> None:
    for said, reason in (
        ({"error": {"code": "BotNotInConversationRoster", "message": CANARY}}, "http_403 BotNotInConversationRoster"),
        ({"error": {"code": CANARY}}, "http_403"),
        ({"error": CANARY}, "http_403"),
        ({"error": {"code": "x" * 61}}, "http_403"),
    ):
        met, _ = await said_to(partial(status, 403, said))
        assert str(met) == reason


@given(st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
@settings(max_examples=100)
def test_whatever_stands_where_an_error_should_becomes_a_code(said: Any) -> None:
    for body in (said, {"error": said}, {"error": {"code": said}}):
        code = refusals.code_of(body)
        assert code == "" or (code.isascii() and code.replace("_", "").isalnum() and len(code) <= 60)


@given(st.integers(100, 999), st.sampled_from(["GET", "POST", "PUT"]))
@settings(max_examples=150)
def test_every_status_has_a_class(code: int, method: str) -> None:
    assert isinstance(refusals.meaning_of(code, method), refusals.Meaning)


async def test_what_cannot_be_delivered_and_what_nobody_has_heard_of_are_alarms() -> None:
    codes = iter([403, 404, 418, 500, 400, 302, 403])
    async with played(lambda _: status(next(codes))) as place:
        for _ in range(7):
            await say(place)
        assert place.connector.alarms == Counter({"http_403": 2, "http_404": 1, "http_418": 1, "http_302": 1})


async def test_somebody_who_is_not_there_and_a_message_that_is_gone_are_no_alarms() -> None:
    async with played(lambda _: status(404)) as place:
        await look(place)
        await change(place)
        assert not place.connector.alarms


async def test_alarms_do_not_grow_without_end() -> None:
    codes = (f"made_up_{number}" for number in range(100))
    async with played(lambda _: status(403, {"error": {"code": next(codes)}})) as place:
        for _ in range(100):
            await say(place)
        assert len(place.connector.alarms) == 50


# --- once (F6), and the token ---


async def test_a_call_whose_answer_was_lost_is_not_repeated() -> None:
    for answer in (DROPPED, status(503), status(500), status(429), status(412), status(403)):
        _, place = await said_to(partial(lambda said: said, answer))
        assert len(place.cloud.calls) == 1


async def test_a_token_that_is_not_taken_any_more_is_replaced_once() -> None:
    async with played(lambda call: {"id": "1"} if call.token == "Bearer badge-2" else status(401)) as place:
        assert await say(place) == "1"
        assert [call.token for call in place.cloud.calls] == ["Bearer badge-1", "Bearer badge-2"]
        assert set(place.badges.asked) == {CONNECTOR}
        assert place.connector.trouble == ""


async def test_the_same_token_is_not_shown_twice() -> None:
    async with played(lambda _: status(401)) as place:
        place.badges.forget = lambda scope: None  # type: ignore[method-assign]
        assert isinstance(await say(place), SendFailed)
        assert len(place.cloud.calls) == 1


async def test_when_no_token_is_taken_nothing_is_called_but_once_a_minute_and_somebody_is_told() -> None:
    async with played(lambda _: status(401, {"error": {"code": "BotNotRegistered"}})) as place:
        for tick in range(600):
            place.seconds.now = 1000.0 + tick
            met = await say(place)
            assert isinstance(met, SendFailed)
            assert 0.0 < met.retry_after <= 60.0
        assert len(place.cloud.calls) == 2 * 10
        assert place.connector.trouble == "http_401 BotNotRegistered"
        place.cloud.answer = lambda _: {"id": "1"}
        place.seconds.now += 60.0
        assert await say(place) == "1"
        assert place.connector.trouble == ""
        assert await say(place) == "1"


async def test_after_the_minute_one_caller_tries_for_all() -> None:
    async with played(lambda _: status(401)) as place:
        await say(place)
        place.seconds.now += 60.0
        met = await asyncio.gather(*(say(place) for _ in range(20)))
        assert all(isinstance(each, SendFailed) for each in met)
        assert len(place.cloud.calls) == 4


async def test_a_token_that_is_taken_again_opens_the_way_whatever_the_answer() -> None:
    async with played(lambda _: status(401)) as place:
        await say(place)
        place.seconds.now += 60.0
        place.cloud.answer = lambda _: status(404)
        assert type(await say(place)) is SendRefused
        assert type(await say(place)) is SendRefused


async def test_in_local_mode_no_token_is_shown() -> None:
    async with played(lambda _: {"id": "1"}) as place, open_session() as session:
        await Connector(session, NoTokens(), place.urls).send(place.direct, SAYING)
        assert [call.token for call in place.cloud.calls] == [""]


# --- leaving it alone (P2, T67) ---


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("soon", 30.0), ("999999", 3600.0), ("-1", 1.0)])
async def test_the_time_that_is_asked_for_is_said_and_nobody_comes_back_all_at_once(header: str, wait: float) -> None:
    waits = set()
    async with played(lambda _: status(429, **{"Retry-After": header})) as place:
        for _ in range(8):
            met = await say(place)
            assert isinstance(met, SendFailed)
            assert wait < met.retry_after <= wait + 1.0
            waits.add(met.retry_after)
        assert len(waits) > 1


async def test_what_met_another_change_comes_back_soon_and_not_all_at_once() -> None:
    async with played(lambda _: status(412)) as place:
        met = [await say(place) for _ in range(8)]
        waits = {each.retry_after for each in met if isinstance(each, SendFailed)}
        assert len(waits) > 1
        assert all(0.0 < wait <= 1.0 for wait in waits)


async def test_a_throttled_look_up_is_not_made_again_within_its_time_and_holds_up_nothing_else() -> None:
    async with played(lambda _: status(429, **{"Retry-After": "30"})) as place:
        assert isinstance(await look(place), SendFailed)
        place.cloud.answer = lambda _: {"id": "1"}
        for place.seconds.now in (1000.0, 1015.0, 1029.9):
            assert isinstance(await look(place), SendFailed)
        assert len(place.cloud.calls) == 1
        assert await say(place) == "1"
        assert await place.connector.member(place.channel, "29:jade") == {"id": "1"}
        place.seconds.now = 1031.0
        assert await look(place) == {"id": "1"}


# --- where a token goes (T10) ---

HOSTILE = [
    "https://smba.trafficmanager.net@evil.example/",
    "https://smba.trafficmanager.net.evil.example/",
    "https://evilsmba.trafficmanager.net/",
    "https://x.smba.trafficmanager.net/",
    "https://evil.example/smba.trafficmanager.net/",
    "https://smba.trafficmanager.net:443/",
    "https://smba.trafficmanager.net./",
    "https://SMBA.trafficmanager.net/",
    "http://smba.trafficmanager.net/",
    "https://xn--smba-trafficmanager.net/",
    "https://smba.trafficmanager.net%2eevil.example/",
    "https://smba.trafficmanager.net\\@evil.example/",
    "https://smba.trafficmanager.net /",
    "https://evil\t.example/",
    "https://smba.trafficmanager.n\tet/",
    "https://smba.trafficmanager.net/\r\nHost: evil.example",
    "https://[::1]/",
    "https://127.0.0.1/",
    "https://smbа.trafficmanager.net/",
    "//smba.trafficmanager.net/",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_no_token_is_even_asked_for_where_an_address_is_not_allowed(url: str) -> None:
    badges = Badges()
    async with open_session() as session:
        connector = Connector(session, badges, ServiceUrls())
        async with played(lambda _: {"id": "1"}) as place:
            address = place.address(DIRECT, service_url=url)
            with pytest.raises(SendRefused, match="address_not_allowed"):
                await connector.send(address, SAYING)
            with pytest.raises(SendRefused, match="address_not_allowed"):
                await connector.create(url, {})
    assert badges.asked == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirection_is_followed_nowhere(code: int) -> None:
    async with scripted(lambda _: {"id": "1"}) as evil:
        async with played(lambda _: web.Response(status=code, headers={"Location": evil.url})) as place:
            assert isinstance(await say(place), SendAmbiguous)
            assert isinstance(await change(place), SendAmbiguous)
            assert isinstance(await look(place), SendAmbiguous)
        assert evil.calls == []


async def test_a_client_as_it_comes_would_follow_it() -> None:
    async with scripted(lambda _: {"id": "1"}) as evil, aiohttp.ClientSession() as session:
        answer = partial(web.Response, status=307, headers={"Location": evil.url})
        async with played(lambda _: answer()) as place, session.post(place.cloud.url, json=SAYING):
            assert len(evil.calls) == 1


# --- Graph ---


async def test_graph_is_asked_for_what_only_graph_knows() -> None:
    answers = iter([{"visibility": "Private"}, {"visibility": "public", "isArchived": True}, {}, {"visibility": None}])
    async with played(lambda _: next(answers)) as place:
        assert [await place.graph.visibility(GROUP) for _ in range(4)] == ["private", "archived", "", ""]
        assert place.cloud.calls[0].plain == f"/graph/v1.0/teams/{GROUP}?$select=visibility,isArchived"
        assert set(place.badges.asked) == {GRAPH}


async def test_groups_are_asked_for_twenty_at_a_time() -> None:
    groups = [f"group-{number}" for number in range(45)]
    async with played(lambda call: {"value": call.body["groupIds"][:1]}) as place:
        assert await place.graph.groups_of("jade", groups) == {"group-0", "group-20", "group-40"}
        assert [len(call.body["groupIds"]) for call in place.cloud.calls] == [20, 20, 5]
        assert await place.graph.groups_of("jade", []) == frozenset()


@pytest.mark.parametrize("said", [{}, {"value": None}, {"value": [1]}, {"value": "group-0"}])
async def test_an_answer_about_groups_that_cannot_be_read_is_none(said: Any) -> None:
    async with played(lambda _: said) as place:
        with pytest.raises(SendAmbiguous):
            await place.graph.groups_of("jade", ["group-0"])


async def test_what_graph_does_not_permit_is_for_the_trusts_it_and_keeps_nothing_else_from_being_asked() -> None:
    def answer(call: Called) -> Any:
        return status(403) if "checkMemberGroups" in call.path else {"visibility": "private"}

    async with played(answer) as place:
        for _ in range(3):
            with pytest.raises(SendFailed):
                await place.graph.groups_of("jade", ["group-0"])
        assert len(place.cloud.calls) == 1
        assert place.graph.trouble == "http_403"
        assert await place.graph.visibility(GROUP) == "private"


# --- nothing of what is written (F10) ---


async def test_no_fault_puts_what_was_written_into_a_log_or_an_error(caplog: pytest.LogCaptureFixture) -> None:
    answers = [status(201, {"id": "1"}), status(400, {"error": {"code": CANARY}}), web.Response(text=CANARY), DROPPED]
    with caplog.at_level(logging.DEBUG):
        async with played(lambda _: answers.pop(0)) as place:
            met = [str(await say(place)) for _ in range(4)]
    assert CANARY not in "".join(met)
    assert CANARY not in "".join(r.getMessage() for r in caplog.records if not r.name.startswith("aiohttp.access"))

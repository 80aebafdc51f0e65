"""What is done on the page, asked over HTTP: who is answered, what becomes of it, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message import Action, Person
from tests.web.asking import HOSTILE, ask, say, state
from tests.web.running import Running, running
from tests.web.scripted import CHANNEL, write


@pytest.fixture
async def play() -> AsyncIterator[Running]:
    async with running() as started:
        yield started


@pytest.fixture
async def http(play: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(play.url) as session:
        yield session


async def test_words_reach_the_bot_just_as_they_were_written(play: Running, http: aiohttp.ClientSession) -> None:
    status, _ = await say(http, HOSTILE, attachments=2)
    heard = play.bot.heard[0]
    assert (status, heard.text, heard.attachments) == (200, HOSTILE, 2)
    assert (heard.sender, heard.key, heard.press) == (Person("web", "teacher"), "key-00000001", None)
    assert (await state(http))["shown"][0]["said"] == HOSTILE


async def test_a_hundred_thousand_characters_are_not_cut(play: Running, http: aiohttp.ClientSession) -> None:
    long = "é" * 100_000
    assert (await say(http, long))[0] == 200
    assert play.bot.heard[0].text == long


async def test_typed_text_never_becomes_a_press(play: Running, http: aiohttp.ClientSession) -> None:
    await say(http, '{"action": "acknowledge", "subject": "7F3K-9QWX-2M"}')
    assert play.bot.heard[0].press is None


async def test_a_press_carries_its_answers_and_the_direct_reply_comes_back(
    play: Running, http: aiohttp.ClientSession
) -> None:
    made = {"action": "open_case", "subject": "7F3K-9QWX-2M", "revision": 4, "answers": {"step": ["a", "b"]}}
    status, answer = await ask(http, "/playground/press", {"as": "dsl-north", "key": "key-00000002", "press": made})
    pressed = play.bot.heard[0].press
    assert pressed is not None
    assert (pressed.action, pressed.subject, pressed.revision) == (Action.OPEN_CASE, "7F3K-9QWX-2M", 4)
    assert pressed.answers == {"step": ("a", "b")}
    assert (status, answer["view"]["title"]) == (200, "Case 7F3K-9QWX-2M")


async def test_what_is_written_in_a_form_comes_beside_its_press_and_stands_on_no_screen(
    play: Running, http: aiohttp.ClientSession
) -> None:
    made = {"action": "add_note", "subject": "7F3K-9QWX-2M"}
    body = {"as": "dsl-north", "key": "key-00000002", "press": made, "text": HOSTILE}
    status, answer = await ask(http, "/playground/press", body)
    heard = play.bot.heard[0]
    assert (status, heard.text, heard.press and heard.press.action) == (200, HOSTILE, Action.ADD_NOTE)
    assert answer["view"]["buttons"][0]["writes"] == {
        "title": "Your note",
        "ask": "What should the other leads know?",
        "send": "Keep it",
    }
    assert (await state(http))["shown"] == []


async def test_the_page_offers_no_form_for_what_the_box_below_takes_as_privately(
    play: Running, http: aiohttp.ClientSession
) -> None:
    await play.playground.post(play.bot.person("teacher"), write())
    card = (await state(http))["shown"][0]["card"]
    assert (card["buttons"], card["typed"]) == ([], True)


async def test_the_same_act_sent_twice_stands_once_on_the_screen(play: Running, http: aiohttp.ClientSession) -> None:
    await say(http, "hello")
    await say(http, "hello")
    assert [shown["said"] for shown in (await state(http))["shown"] if shown["by"]] == ["hello"]
    assert len(play.bot.keys) == 1


async def test_what_was_not_kept_does_not_stay_on_the_screen_and_the_log_has_no_word_of_it(
    play: Running, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    play.bot.failing = True
    status, answer = await say(http, "CANARY-4711")
    assert (status, "999" in answer["wrong"]) == (503, True)
    assert (await state(http))["shown"] == []
    assert caplog.records
    assert "CANARY-4711" not in caplog.text


async def test_a_second_try_with_the_same_key_is_heard_after_a_failure(
    play: Running, http: aiohttp.ClientSession
) -> None:
    play.bot.failing = True
    await say(http, "hello")
    play.bot.failing = False
    assert (await say(http, "hello"))[0] == 200
    assert [incoming.text for incoming in play.bot.heard] == ["hello"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost", "127.0.0.1:1", ""])
@pytest.mark.parametrize("path", ["/", "/playground/state", "/playground/events", "/playground/static/card.js"])
async def test_a_name_that_is_not_this_computer_is_refused(http: aiohttp.ClientSession, host: str, path: str) -> None:
    async with http.get(path, headers={"Host": host}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
async def test_the_names_of_this_computer_are_answered(play: Running, http: aiohttp.ClientSession, name: str) -> None:
    async with http.get("/", headers={"Host": f"{name}:{play.port}"}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", ""])
async def test_another_page_may_not_act(play: Running, http: aiohttp.ClientSession, origin: str) -> None:
    body = {"as": "teacher", "key": "key-00000001", "text": "hello"}
    status, _ = await ask(http, "/playground/say", body, Origin=origin)
    assert (status, play.bot.heard) == (403, [])


async def test_our_own_page_may_act(play: Running, http: aiohttp.ClientSession) -> None:
    body = {"as": "teacher", "key": "key-00000001", "text": "hello"}
    assert (await ask(http, "/playground/say", body, Origin=play.url))[0] == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_only_json_is_taken_so_that_no_form_can_send(
    play: Running, http: aiohttp.ClientSession, content_type: str
) -> None:
    body = json.dumps({"as": "teacher", "key": "key-00000001", "text": "hello"}).encode()
    async with http.post("/playground/say", data=body, headers={"Content-Type": content_type}) as answer:
        assert answer.status == 415
    assert play.bot.heard == []


async def test_every_answer_forbids_foreign_scripts_and_frames(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/playground/static/playground.js", "/playground/state", "/playground/static/none.js"):
        async with http.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["..%2fsend.py", "%2e%2e%2fsend.py", "send.py", "", "%00"])
async def test_only_the_pages_own_files_are_served(http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"/playground/static/{name}") as answer:
        assert answer.status in {400, 404}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("say", {}),
        ("say", []),
        ("say", None),
        ("say", {"as": "nobody", "key": "key-00000001", "text": "hello"}),
        ("say", {"as": "teacher", "key": "key-00000001", "text": "  "}),
        ("say", {"as": "teacher", "key": "short", "text": "hello"}),
        ("say", {"as": "teacher", "key": "key-00000001", "text": 5}),
        ("say", {"as": "teacher", "key": "key-00000001", "text": "x", "attachments": -1}),
        ("say", {"as": "teacher", "key": "key-00000001", "text": "x", "file": "aGVsbG8="}),
        ("press", {"as": "teacher", "key": "key-00000001", "press": {"action": "destroy", "subject": "x"}}),
        (
            "press",
            {"as": "teacher", "key": "key-00000001", "press": {"action": "stop", "subject": "x", "revision": -3}},
        ),
        (
            "press",
            {"as": "teacher", "key": "key-00000001", "press": {"action": "write", "subject": "x"}, "text": ["x"]},
        ),
        ("clock", {}),
        ("clock", {"at": "tomorrow"}),
        ("clock", {"at": "1899-12-25T02:00"}),
        ("clock", {"at": "9999-12-31T23:59"}),
        ("clock", {"advance_minutes": -5}),
        ("clock", {"advance_minutes": 10**30}),
        ("channel", {"id": "none", "public": True}),
        ("channel", {"id": CHANNEL, "public": "perhaps"}),
    ],
)
async def test_what_is_not_understood_gets_a_sentence_and_changes_nothing(
    play: Running, http: aiohttp.ClientSession, path: str, body: object
) -> None:
    before = await state(http)
    status, answer = await ask(http, f"/playground/{path}", body)
    after = await state(http)
    assert (status, answer["wrong"][-1]) == (400, ".")
    assert (after["shown"], after["cursor"], play.bot.heard) == (before["shown"], before["cursor"], [])


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'"', b"[" * 50_000, b'{"as": NaN}', b"9" * 5_000])
async def test_what_is_not_json_gets_a_sentence(http: aiohttp.ClientSession, raw: bytes) -> None:
    async with http.post("/playground/say", data=raw, headers={"Content-Type": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["wrong"][-1]) == (400, ".")


async def test_more_than_a_megabyte_is_refused(http: aiohttp.ClientSession) -> None:
    status, answer = await say(http, "x" * (1024 * 1024 + 1))
    assert (status, answer["wrong"]) == (413, "That is too long to send at once: 1 MB at most.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["as", "key", "text", "at"]), inner),
    max_leaves=8,
)
FIELDS = ("as", "key", "text", "attachments", "press", "at", "advance_minutes", "now", "id", "public", "stranger")
BODIES = st.binary(max_size=60) | st.dictionaries(st.sampled_from(FIELDS), JSON).map(
    lambda body: json.dumps(body).encode()
)


def test_no_request_whatever_makes_the_door_fall_over() -> None:
    with asyncio.Runner() as runner:
        play_at = running()
        play = runner.run(play_at.__aenter__())

        async def post(path: str, body: bytes) -> int:
            async with aiohttp.ClientSession() as session:
                kind = {"Content-Type": "application/json"}
                async with session.post(f"{play.url}/playground/{path}", data=body, headers=kind) as answer:
                    return answer.status

        @settings(max_examples=300, deadline=None)
        @given(st.sampled_from(["say", "press", "clock", "channel"]), BODIES)
        def never(path: str, body: bytes) -> None:
            assert runner.run(post(path, body)) < 500

        never()
        play.bot.failing = True  # the control: a bot that fails is seen by this very harness
        spoken = json.dumps({"as": "teacher", "key": "key-00000001", "text": "hello"}).encode()
        assert runner.run(post("say", spoken)) == 503
        runner.run(play_at.__aexit__(None, None, None))

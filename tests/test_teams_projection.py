"""What comes through of what Teams sends: a person's own words and deeds, and nothing of a file (I5, T17, T41)."""

from __future__ import annotations

import gc
import json
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.acts import as_typed, is_direct, read_act, read_moment, read_place
from adapters.teams.projection import OFFERED, project
from adapters.teams.us import Json
from bot.message import Destination, Reach
from tests.teams.activities import CANARY, offered
from tests.teams_reception import (
    BOT,
    BOT_NAME,
    CHANNEL,
    CHAT,
    ENTRA_GROUP,
    GROUP,
    JADE,
    JADE_HERE,
    SERVICE,
    TEAM,
    TENANT,
    US,
    activity,
    executed,
    fetched,
    in_channel,
    in_group,
    said,
    submitted,
)

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
EMOJI = (
    '<img alt="😀" itemid="smile" itemtype="http://schema.skype.com/Emoji" src="https://statics/evergreen-assets/x">'
)


def text_of(text: str) -> tuple[str, int]:
    kept = project(said(text, attachments=[]))
    return kept["text"], kept.get(OFFERED, 0)


# --- the cut ---


def test_what_is_kept_of_a_message_is_named_part_by_part() -> None:
    kept = project(said("hello", **in_channel(), locale="en-GB", summary="s", attachmentLayout="list"))
    assert kept == {
        "type": "message",
        "id": "1790000000100",
        "timestamp": "2026-11-20T10:40:00.1234567Z",
        "serviceUrl": SERVICE,
        "channelId": "msteams",
        "from": {"id": JADE_HERE, "aadObjectId": JADE.upper(), "name": "Jade Example"},
        "recipient": {"id": BOT, "name": BOT_NAME},
        "conversation": in_channel()["conversation"],
        "channelData": in_channel()["channelData"],
        "text": "hello",
        "textFormat": "plain",
    }


@pytest.mark.parametrize("make", [executed, fetched, submitted])
def test_of_a_press_comes_through_what_a_card_of_ours_sends(make: Any) -> None:
    ours = {"handrail": "{}", "nonce": "n", "field:age_group": "a,b", "words": "what", "words2": "more"}
    theirs = {"other": "x", "wordsmith": "x", "field:": "x", "handrail2": "x", "field:n": 3, "refresh": {"a": "b"}}
    value = project(make({**ours, **theirs}))["value"]
    found = value.get("action", value).get("data", value)
    assert {key: text for key, text in found.items() if key not in ("msteams", "trigger")} == ours


def test_what_has_another_type_is_left_out() -> None:
    wrong: Json = {
        "text": ["x"],
        "id": 3,
        "from": "jade",
        "conversation": [{}],
        "membersAdded": {"id": "x"},
        "value": "x",
    }
    kept = project(activity(**wrong))
    assert not wrong.keys() & kept.keys()
    assert project({"membersAdded": ["x", {"id": "y", "name": "z"}, None]}) == {"membersAdded": [{"id": "y"}]}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda more: st.lists(more, max_size=4) | st.dictionaries(st.text(max_size=12), more, max_size=4),
    max_leaves=12,
)
FILES = ("attachments", "content", "contentUrl", "thumbnailUrl", "name", "hostedContents", "downloadUrl", "src", "url")
OTHERS = ("entities", "value", "data", "action", "channelData", "from", "conversation", "membersAdded", "code", "label")
ALLOWED = (["name"], ["action"], ["from", "name"])


def buried(secret: str, path: list[Any]) -> Any:
    """The secret below names and places in lists."""
    found: Any = secret
    for step in reversed(path):
        found = [None, found] if step is None else {step: found, "type": "x"}
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from((*FILES, *OTHERS)) | st.none(), min_size=1, max_size=5), st.booleans())
def test_nothing_below_any_other_name_comes_through(path: list[Any], over: bool) -> None:
    if path[0] is None or path in ALLOWED:
        path = ["attachments", *path]
    body = buried(CANARY, path)
    kept = project({**activity(), **body} if over else {**body, **activity()})
    assert CANARY not in json.dumps(kept)


def test_a_canary_in_the_text_would_be_seen() -> None:
    """The control."""
    assert CANARY in json.dumps(project(said(CANARY)))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*activity(), "value", "text", "attachments"]), ANYTHING))
def test_anything_at_all_can_be_cut_and_read(wrong: Json) -> None:
    kept = project({**activity(), **wrong})
    json.dumps(kept)
    read_act(kept, US)
    read_place(kept, US)


def test_nothing_else_of_the_body_is_held_by_the_projection() -> None:
    class Picture:
        """Something that can be seen to go."""

    picture = Picture()
    gone = weakref.ref(picture)
    kept = project(said("hello", attachments=[{"contentType": "image/png", "content": picture}]))
    del picture
    gc.collect()
    assert gone() is None
    assert kept[OFFERED] == 1


# --- files ---


@pytest.mark.parametrize(
    ("kind", "count"),
    [("file", 1), ("inline", 1), ("hosted", 1), ("data", 1), ("reference", 1), ("sticker", 1), ("quote", 0), ("", 0)],
)
def test_of_what_was_offered_only_the_number_comes_through(kind: str, count: int) -> None:
    kept = project(said("look", attachments=offered(kind, "look", "http://127.0.0.1:9")))
    assert kept.get(OFFERED, 0) == count
    assert kept["text"] == "look"
    assert CANARY not in json.dumps(kept)
    assert "attachments" not in kept


def test_several_are_counted_and_what_is_no_file_is_not() -> None:
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"body": []}}
    there = [*offered("file", "", "http://x"), *offered("inline", "", "http://x"), card, {"name": "x"}, None]
    assert project(said(attachments=there))[OFFERED] == 4
    assert OFFERED not in project(said(attachments=[card]))
    assert OFFERED not in project(said(attachments={"contentType": "image/png"}))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f'a <img src="https://x/{CANARY}" alt="b>c"> d', ("a  d", 1)),
        (f"<IMG alt='x' src='{CANARY}'/>b", ("b", 1)),
        (f'a <img src="{CANARY}', ("a ", 1)),
        (f'<video src="{CANARY}"><source src="{CANARY}"></video> c', (" c", 1)),
        (f"a ![{CANARY}](https://x/{CANARY}) b", ("a  b", 1)),
        (f"a {PIXEL}{CANARY} b", ("a  b", 1)),
        (f"a {PIXEL}\n{'A' * 76}\n{'B' * 70}== please help", ("a  please help", 1)),
        (f'<img src="{PIXEL}">', ("", 1)),
        (f'<attachment id="{CANARY}"></attachment>look', ("look", 0)),
        (f'<quoted messageId="{CANARY}"/>yes', ("yes", 0)),
        (f"a {EMOJI} b", ("a 😀 b", 0)),
        (EMOJI.replace("😀", CANARY), ("", 0)),
        ("an <image of her> and <video>, see https://example.org", ("an <image of her> and <video>, see", 0)),
        ("data: 3 pictures, 1 < 2", ("data: 3 pictures, 1 < 2", 0)),
        ("&lt;img src=x&gt;", ("&lt;img src=x&gt;", 0)),
    ],
)
def test_a_picture_in_the_text_is_taken_out_and_counted(sent: str, kept: tuple[str, int]) -> None:
    text, count = text_of(sent)
    assert (text.replace(" https://example.org", ""), count) == kept
    assert CANARY not in text


def test_a_picture_written_into_a_card_is_taken_out_too() -> None:
    kept = project(executed({"handrail": "{}", "words": f"this: {PIXEL}"}))
    assert (kept["value"]["action"]["data"]["words"], kept[OFFERED]) == ("this: ", 1)


def test_an_emoji_is_no_file() -> None:
    picture = {"contentType": "image/*", "contentUrl": "https://statics.teams.cdn.office.net/evergreen-assets/smile"}
    html = {"contentType": "text/html", "content": f"<p>{EMOJI}</p>"}
    assert OFFERED not in project(said("", attachments=[picture, html]))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("<>imgsrc=\"'/!()[]: \ndat;,base64") | st.characters(), max_size=60))
def test_whatever_is_written_can_be_cut_and_words_without_marks_stay(text: str) -> None:
    kept, count = text_of(text)
    assert count >= 0
    if not set(text) & set("<!:"):
        assert (kept, count) == (text, 0)


def test_a_long_hostile_text_is_cut_at_once() -> None:
    started = datetime.now(UTC)
    for piece in ("<img ", "<img a='", "![", "data:a/a;", "<img alt=\"'", "data:image/png;base64,A ", "<quoted x='\""):
        text_of(piece * (100_000 // len(piece)))
    assert (datetime.now(UTC) - started).total_seconds() < 2


# --- who, where and when ---


def test_a_person_is_their_id_in_entra_in_small_letters() -> None:
    act = read_act(project(said()), US)
    assert act is not None
    assert (act.who.key, act.name, act.direct, act.is_known) == (f"teams:{JADE}", "Jade Example", True, True)
    assert act.at == datetime(2026, 11, 20, 10, 40, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "doer",
    [
        {"id": BOT},
        {"id": "28:another", "aadObjectId": JADE},
        {"id": "29:x", "aadObjectId": JADE, "role": "bot"},
        {},
        None,
        {"name": "Jade Example"},
    ],
)
def test_a_program_and_nobody_do_nothing(doer: Any) -> None:
    assert read_act(project(said(**{"from": doer})), US) is None


def test_where_it_came_from_is_how_it_is_reached() -> None:
    in_chat, in_team, in_chats = (read_place(project(said(**more)), US) for more in ({}, in_channel(), in_group()))
    assert in_chat
    assert in_chat[0] == Destination("teams", Reach.PERSON, JADE)
    assert (in_chat[1].conversation, in_chat[1].person, in_chat[1].team) == (CHAT, JADE_HERE, "")
    assert (in_chat[1].service_url, in_chat[1].tenant, in_chat[1].bot) == (SERVICE, TENANT, BOT)
    assert in_team
    assert in_team[0] == Destination("teams", Reach.CHANNEL, CHANNEL)
    assert (in_team[1].conversation, in_team[1].team, in_team[1].group) == (CHANNEL, TEAM, ENTRA_GROUP)
    assert in_chats
    assert in_chats[0] == Destination("teams", Reach.CHANNEL, GROUP)
    assert (in_chats[1].conversation, in_chats[1].person) == (GROUP, "")


@pytest.mark.parametrize("wrong", [{"serviceUrl": None}, {"conversation": None}, {"from": {"id": BOT}}])
def test_what_does_not_say_where_it_came_from_is_reached_nowhere(wrong: Json) -> None:
    assert read_place(project(said(**wrong)), US) is None


@pytest.mark.parametrize(
    ("talk", "direct"),
    [
        ({"id": CHAT, "conversationType": "personal"}, True),
        ({"id": CHAT}, True),
        ({"id": CHAT, "isGroup": True}, False),
        ({"id": GROUP}, False),
        ({"id": CHAT, "conversationType": "groupChat"}, False),
        ({"id": CHAT, "conversationType": "something new"}, False),
        ({}, False),
    ],
)
def test_only_what_is_known_to_be_between_two_is_read(talk: Json, direct: bool) -> None:
    assert is_direct(project(said(conversation=talk))) is direct


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-11-20T10:40:00", "0001-01-01T00:00:00+14:00", "1790000000"])
def test_what_is_no_time_is_none(stamp: str) -> None:
    assert read_moment(stamp) is None


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("<at>Handrail</at> hello", "hello"),
        ("<at>Handrail</at>&nbsp;hello", "hello"),
        ("ask <at>Jade Example</at> &amp; me", "ask Jade Example & me"),
        ("1 &lt; 2 &amp;lt; &#39;x&#39; &quot;y&quot; &copy;", "1 < 2 &lt; 'x' \"y\" &copy;"),
        ("  two lines\nof it \n", "  two lines\nof it \n"),
        ("<b>bold</b> **x** {{DATE()}}", "<b>bold</b> **x** {{DATE()}}"),
    ],
)
def test_text_is_read_as_it_was_typed(sent: str, typed: str) -> None:
    assert as_typed(sent, BOT_NAME) == typed

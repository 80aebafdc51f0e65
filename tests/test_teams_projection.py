"""What comes through of what Teams sends: a person's own words and deeds, and nothing of a file (I5, T17, T41)."""

from __future__ import annotations

import gc
import json
import re
import weakref
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams import projection
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


LINES = f"{'A' * 76}\n{'bC3/' * 19}\n"
HOSTED = f"https://graph.microsoft.com/v1.0/chats/1/messages/2/hostedContents/{CANARY}/$value"


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


@pytest.mark.parametrize(
    "sent",
    [
        f"![x](https://h/{CANARY}(1).jpg)",
        f"![x](https://h/{CANARY} (1(2)).jpg)",
        f"![x](https://h/x (1(2)) {CANARY}.jpg)",
        f"![a[b[{CANARY}]]](https://h/x.jpg)",
        f'![x\n](<https://h/{CANARY}.jpg> "{CANARY}")',
        f"![x](https://h/{CANARY}.jpg",
        f"![x](data:image/png;base64,{LINES}{CANARY}=)",
        f"![x][1]\n[1]: https://h/{CANARY}.jpg",
        f'![{CANARY}][]\n\n  [{CANARY.lower()}]: <https://h/x.jpg> "{CANARY}"',
        f"![x]\n[X]: {CANARY}.jpg",
        f"![a ![x](https://h/{CANARY}.jpg) b]",
        f"data:;base64,{CANARY}",
        f'data:image/png;name="{CANARY}.png";base64,{CANARY}',
        f"data:image/png;name*=UTF-8''{CANARY}.png;base64,{CANARY}",
        f"data: image/png ; base64 , {'A' * 60}{CANARY}",
        f"DATA%3Aimage%2Fpng%3Bbase64%2C{CANARY}",
        f"image/png;base64,{'A' * 16}{CANARY}",
        f"data:image/svg+xml;utf8,<svg xmlns='x'><text>{CANARY}</text></svg>",
        f"data:image/png;base64,{LINES}{CANARY.replace('-', 'A')}0AA",
        f"data:image/png;base64,{LINES.replace(chr(10), ' ')}{CANARY}==",
        f'<img src="data:image/png;base64,{LINES}{CANARY}=',
        f'<input type=image src="https://h/{CANARY}">',
        f'<div style="background:url(https://h/{CANARY})">',
        f"url( '{CANARY} 1.jpg' )",
        f'<file name="{CANARY}.jpg" src="https://h/{CANARY}">',
        f'<URIObject uri="https://h/{CANARY}"><OriginalName v="{CANARY}.jpg"/></URIObject>',
        f'<file x=y><meta type="photo" originalName="{CANARY}"/>',
        f'<img {"a" * 250}=1 alt="{CANARY}">',
        f'<img hidden data-x alt = "{"of " * 30}{CANARY}">',
        f'<img of her src="https://h/{CANARY}.jpg">',
        f"<img src='{CANARY}' and no end",
        f"see {HOSTED} there",
        f"他说{HOSTED}",
        f"https://outlook.example/?url={HOSTED.replace(':', '%3A').replace('/', '%2F')}",
        f"https://api.asm.example.org/v1/objects/{CANARY}",
        f"https://api.asm.example.org/{CANARY}/views/imgo",
    ],
)
def test_no_name_address_or_byte_of_a_picture_is_left_standing(sent: str) -> None:
    text, count = text_of(f"before {sent} after")
    assert "kept" not in text.lower()
    assert "https://" not in text
    assert "AAAA" not in text
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert count >= 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("he saw <track a=1 and everything she said", "he saw  and everything she said"),
        ('saw <track a="1 and she said "no" to him', 'saw  and she said "no" to him'),
        ('<img src="x" hidden in the shed', " hidden in the shed"),
        ("I saw <img and I thought a=b of him at 3 > 2", None),
        ("he wrote <source= me", None),
        (f'saw <track a="1{" and" * 60}" so', f'saw {" and" * 60}" so'),
        ("<video of me> x=y <images a=b> <video of me=x>", None),
        ("![x](y.jpg)[it][1]\n[1]: https://example.org/it", "[it][1]\n[1]: https://example.org/it"),
        ("data: audio/video, and more; his/her, data:, x", None),
        ("data:audio/video, and; base64, more", None),
        ("Wow![sic] see [the page](https://example.org/a) and (more)", None),
        ("[Jade]: he said ![Jade] to me", None),
        ("![Jade]\n[Jade]: he said", None),
        ("[1]: https://example.org/x.jpg", None),
        ("curl(x) my_src=x src=me uri = no", None),
        ("https://example.org/a/photo.jpg?x=1#y", None),
        ("data:image/png;base64,iVBORw0KGgo= WhatsApp 07700900123", " WhatsApp 07700900123"),
        (f"data:image/png;base64,{LINES}/9k= WhatsApp him", " WhatsApp him"),
        (f"data:image/png;base64,{LINES}WhatsApp him", "\nWhatsApp him"),
        (f"data:image/png;base64,{LINES}photographed on 20/11/2024", "\nphotographed on 20/11/2024"),
        ("data:image/png;base64,iVBORw0KGgo他说", "他说"),
        (f"他说{HOSTED}他说", "他说他说"),
    ],
)
def test_the_words_beside_a_picture_and_words_that_look_like_one_stay(sent: str, kept: str | None) -> None:
    text, count = text_of(sent)
    assert text == (sent if kept is None else kept)
    assert kept is not None or count == 0


LETTERS = st.text("abcxyz019-_", min_size=1, max_size=12)
WORDS = st.lists(
    st.sampled_from(["he", "sent", "it", "on", "WhatsApp", "I", "don't", "know,", "(maybe)", "[sic]", "<3"])
)
NAMES = st.tuples(LETTERS, st.sampled_from(["", "(1)", "(a(b))", "[2]", "%20"])).map("".join)
SHAPES = [
    "![{0}](https://h/{1}.jpg)",
    "![{0}\n](<https://h/{1}.jpg>)",
    "![{0}][]\n[{0}]: https://h/{1}.jpg\n",
    '<img {0}="{1}" src="https://h/{1}">',
    "<IMG\n{0}='{1}'\nsrc=https://h/{1} />",
    '<file name="{1}" {0}=x>',
    '<img data-{0} src="https://h/{1}"',
    "data:image/png;name={0};base64,{1}",
    "data:;base64,{1}",
    "<div style='background:url(\"https://h/{1}\")'>",
    "https://h/hostedContents/{1}/$value",
]


@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS, st.sampled_from(SHAPES), LETTERS, NAMES)
def test_whatever_a_picture_is_called_only_the_words_around_it_stay(
    before: list[str], after: list[str], shape: str, what: str, name: str
) -> None:
    kind = what if "name=" not in shape or "file" in shape else "x"
    there = name.replace("(", "").replace(")", "") if "data:" in shape else name
    sent = shape.format(kind, f"{CANARY}{there}")
    around = (f"{' '.join(before)} ", f" {' '.join(after)}")
    text, count = text_of(sent.join(around))
    assert CANARY not in text
    assert count >= 1
    assert text.startswith(around[0])
    assert text.endswith(around[1])


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


PIECES = (
    *(
        "<",
        "<i",
        "<img ",
        "<img a='",
        '<img a="',
        "<img a='\"",
        "<img a=b hidden c='",
        ' hidden c="<img a=b"',
        "</img ",
        "<svg",
        "</svg>",
    ),
    *(
        "![",
        "![]",
        "![](",
        "![[x]",
        "![x][",
        "](",
        "![\\]\\",
        "[x]:",
        "\n[x]: y",
        "(",
        "\\",
        " ",
        "\n",
        "a",
        "a ",
        "=",
        "src=",
        "/",
    ),
    *("data:", "data:a/b;", "data:image/a;b='\"", "data:image/svg+xml,<svg ", ";base64", ";base64,A ", "A" * 60 + " "),
    *(
        "url(",
        "url('",
        'src="',
        "src=a",
        "%2f",
        "http://a/",
        "/v1/",
        "/hostedContents ",
        "<quoted x='\"",
        "alt=",
        "it's ",
    ),
)
HUNDRED_KB = 100_000
ENOUGH = 0.5
"""Seconds of this process for 100 kB: some twenty times what is needed, and a part of what a square would take."""


def seconds_for(text: str) -> float:
    started = process_time()
    text_of(text)
    return process_time() - started


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_hostile_text_is_cut_at_once(piece: str) -> None:
    assert seconds_for(piece * (HUNDRED_KB // len(piece))) < ENOUGH


@settings(max_examples=50, deadline=None)
@given(*(st.lists(st.sampled_from(PIECES), min_size=least, max_size=5).map("".join) for least in (0, 1, 0)))
def test_no_mixture_of_hostile_pieces_takes_longer(before: str, again: str, after: str) -> None:
    assert seconds_for(f"{before}{again * (HUNDRED_KB // len(again))}{after}") < ENOUGH


def test_what_takes_the_square_of_its_length_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(projection, "_LOOSE", (re.compile(r"data:[^,]*,"),))
    assert seconds_for("data:" * (HUNDRED_KB // 5)) > ENOUGH


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

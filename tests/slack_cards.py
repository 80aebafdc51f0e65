"""Cards as wild as they may become, and what can be read and pressed on what is made of them: for tests of Slack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from bot.message import Action, Button, Card, Field, Option, Passage, Press, Style, Tone, Writing

Json = dict[str, Any]

HOSTILE = (
    "<!channel> <!here> <@U0TEACHER1> <#C0NORTH001|north> <https://example.invalid|click>",
    "<!date^1392734382^{date}|x> *bold* _it_ ~gone~ `code` ```block``` > quoted",
    ":smile: :warning: @channel @here #general https://example.invalid tel:999",
    "&amp;lt;!channel&amp;gt; &lt;!channel&gt; &amp; & < >",
    "\ud800 and \udfff, \x00 and \x07\x1b[31m\x7f",
    "\u202egnp.erutcip\u202c \u2066x\u2069 \u2069\u2069 \u2067 \u2068",
    "one\r\ntwo\rthree\nfour\u2028five",
    "J" + "\u0300\u0301\u0489" * 40 + "ade 👩‍👧 🏳️‍🌈 👍🏽",
    '{"action":"stop"} \\u0041 \\ " {ref} %s',
    "&" * 700,
    "👍" * 400,
)
_SIGNS = "&<>*_`:@#|\\\"'{}\n\r\t\x00\x0b\ud800\udfff\u202e\u2066\u2069\u0300👍é ’"
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

texts = st.one_of(
    st.text(st.one_of(st.characters(), st.sampled_from(_SIGNS)), min_size=1, max_size=60), st.sampled_from(HOSTILE)
)
labels = st.one_of(
    texts.map(lambda text: text[:75]),
    st.sampled_from(("Yes", "No", "I don’t know", "x" * 30, "x" * 31, "W" * 75, "&" * 75, "👍" * 75)),
)
ids = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True)
subjects = st.one_of(st.sampled_from(("c4c7a3b6d0e14fb5a2ad4c1de3b05f61", "7F3KQW2M9P")), ids)
revisions = st.integers(0, 10_000)
picks = st.dictionaries(ids, st.lists(ids, min_size=1, max_size=3).map(tuple), max_size=2)
presses = st.builds(Press, st.sampled_from(Action), subjects, revisions, picks)
short_names = st.text("Write <&>’é", min_size=1, max_size=3)
writings = st.builds(Writing, short_names, texts.filter(lambda t: t.isprintable() and len(t) < 100), short_names)
buttons = st.builds(Button, labels, presses, st.sampled_from(Style), st.none() | writings)
passages = st.builds(
    Passage,
    st.lists(texts | st.just(""), max_size=4).map(tuple),
    st.one_of(st.just(""), texts),
    st.sampled_from(Tone),
)


@st.composite
def options(draw: st.DrawFn, most: int = 12) -> tuple[Option, ...]:
    named = draw(st.lists(labels, min_size=1, max_size=most))
    return tuple(Option(f"value_{number}", label) for number, label in enumerate(named))


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, ...]:
    steps = draw(st.lists(ids, max_size=2, unique=True))
    return tuple(
        Field(step, draw(texts), draw(options()), draw(st.booleans()), (), draw(st.just("") | texts)) for step in steps
    )


@st.composite
def answers(draw: st.DrawFn) -> tuple[Button, ...]:
    """The buttons of one question."""
    subject, revision, step = draw(subjects), draw(revisions), draw(ids)
    return tuple(
        Button(option.label, Press(Action.ANSWER, subject, revision, {step: (option.value,)}))
        for option in draw(options())
    )


cards = st.builds(
    Card,
    st.just("Handrail: a reply for you"),
    st.just("") | texts,
    st.lists(passages, max_size=4).map(tuple),
    fields(),
    st.one_of(answers(), st.lists(buttons, max_size=5).map(tuple)),
    st.lists(buttons, max_size=4).map(tuple),
)
views = st.builds(
    Card,
    st.just("Safeguarding: case 7F3KQW2M9P needs you"),
    st.sampled_from(("Case 7F3KQW2M9P", "", "A title of more than twenty-four letters")),
    st.lists(passages, max_size=6).map(tuple),
    st.just(()),
    st.lists(buttons, max_size=5).map(tuple),
)


# --- what can be read on blocks ---


def nodes(tree: object) -> Iterator[Json]:
    """Every object in it, in order."""
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(inner)


def read(blocks: list[Json]) -> str:
    """All that is said on them in order, but for what stands on things to press; the sign of warning is left out."""
    said = [block for block in blocks if block["type"] in ("header", "rich_text", "context")]
    return "".join(node["text"] for node in nodes(said) if isinstance(node.get("text"), str)).replace("\n", "")


def read_of(card: Card) -> str:
    """The same of a card: its title and passages, with a space after the sign of warning."""
    found = [card.title]
    for passage in card.passages:
        text = "".join((passage.heading, *passage.lines))
        found.append(f" {text}" if passage.tone is Tone.URGENT and text else text)
    return "".join(map(literal, found)).replace("\n", "")


def literal(text: str) -> str:
    """A text as Slack can take it."""
    return _UNSENDABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def unturned(text: str) -> str:
    """Without the signs that turn the direction of writing: some are added around a line that has some."""
    return _BIDI.sub("", text)


def elements(blocks: list[Json], *kinds: str) -> list[Json]:
    return [node for node in nodes(blocks) if node.get("type") in kinds]


# --- what can be pressed on them ---


def acts(blocks: list[Json]) -> list[Json]:
    """Every press that these blocks allow, as Slack sends it: each button, each option outside a field."""
    found = []
    for element in (e for block in blocks if block["type"] == "actions" for e in block["elements"]):
        common = {"type": element["type"], "action_id": element["action_id"], "block_id": "x1", "action_ts": "1.1"}
        if element["type"] == "button":
            found.append({**common, "text": element["text"], "value": element["value"]})
        else:
            found += [{**common, "selected_option": option} for option in element["options"]]
    return found


def state_of(blocks: list[Json], picked: dict[str, list[str]]) -> Json:
    """Slack's `state` when these values are picked in the fields, by step."""
    values: Json = {}
    for block in (block for block in blocks if block["type"] == "input"):
        element = block["element"]
        wanted = picked.get(block["block_id"].removeprefix("field:"), [])
        on = [option for option in element["options"] if option["value"] in wanted]
        many = element["type"] in ("checkboxes", "multi_static_select")
        one: Json = {"selected_options": on} if many else {"selected_option": on[0] if on else None}
        values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **one}}
    return {"values": values}

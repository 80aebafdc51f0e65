"""The small parts of what Teams shows, as elements of an Adaptive Card. A line of a card stays the text it was.

Markup must never be made here (T25). What people wrote stands in a `TextRun`, where Teams reads no markdown; what has
to stand in a `TextBlock`, or in an option that may become one, is broken up so that none of it is read there either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from adapters.teams.presses import FIELD, WORDS, picked
from adapters.teams.us import Json
from adapters.text import shown
from bot.message import Field, Option, Passage, Tone

IN_SIGHT = 12
"""Options all in sight; more of them stand in a menu."""
STRETCH, HEADING = 4000, 600
"""Bytes of one stretch of running text, and of a title."""
_GOES_ON = "none"
"""The space before what goes on in the same box, or on the same line."""

_JOINER, _HAIR, _BREAK = "\u2060", "\u200a", "\u200b"
_ALIVE = re.compile(r"([{$])(?=\{)")
_ENDLESS = re.compile(r"(?:[^\s\-/?@.]{24}|[^\s\-/?@]{30})(?=[\w!-~])")
_MARK = re.compile(r"(\\(?=[!-/:-@\[-`{-~\n])|&(?=[#A-Za-z])|\](?=[(\[:])|<(?=[A-Za-z/!?])|:(?=//))")
_STRESS = re.compile(r"([*_~]+)")
_BEGINNING = re.compile(r"^(?=[-+#>=|\s]|\d{1,9}[.)])", re.MULTILINE)

_LISTED = frozenset({Tone.NUMBERS, Tone.DO, Tone.DONT})
_BOXED = {Tone.URGENT: "attention", Tone.VERBATIM: "emphasis"}
_INSIDE = {"Container": "items", "RichTextBlock": "inlines"}
_BULLET, _WARNING = "• ", "⚠️ "


# --- text ---


def weight(made: object) -> int:
    """Bytes of it as JSON with everything beyond ASCII written as an escape: never fewer than it takes in UTF-8, and
    never fewer than half of what it takes in UTF-16, however it is sent.
    """
    return len(json.dumps(made))


def literal(text: str) -> str:
    """The text as it can be shown, with nothing in it that a card would work out: no `{{DATE()}}`, no `${}`. What is
    longer than a word may be broken, unseen: Microsoft's renderer lets it run out of the card and cuts it off.
    """
    return _ENDLESS.sub(rf"\g<0>{_BREAK}", _ALIVE.sub(rf"\1{_JOINER}", shown(text)))


def unmarked(text: str) -> str:
    """The same where a client may read markdown. A backslash before a sign would be seen where it reads none, so signs
    are kept apart by what nobody sees: a word joiner, or a space as thin as a hair.
    """
    text = _MARK.sub(rf"\1{_JOINER}", literal(text)).replace("`", "\u02cb")
    return _BEGINNING.sub(_JOINER, _STRESS.sub(rf"{_HAIR}\1{_HAIR}", text))


def on_one_line(text: str) -> str:
    """For the names of things: they are no places for lines."""
    return " ".join(shown(text).split("\n"))


def trimmed(text: str, most: int) -> str:
    """On one line, of at most `most` letters: what does not fit ends in an ellipsis that can be seen."""
    text = " ".join(literal(text).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def pieces(text: str, most: int = STRETCH) -> Iterator[str]:
    """The text in stretches of at most `most` bytes; joined again they are the text (T28)."""
    while len(text) > most or weight(text) > most:
        cut = _cut(text, most)
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text


def _cut(text: str, most: int) -> int:
    """After the last word that fits, unless that leaves less than half."""
    head = text[:most]
    while weight(head) > most:
        head = head[: len(head) * 9 // 10]
    at = 1 + head.rfind(" ")
    return at if at > len(head) // 2 else len(head)


# --- running text ---


def notification_line(text: str) -> Json:
    """The first text of a posted card: Teams may show that one on a lock screen, whatever else it is told (T47)."""
    return {"type": "TextBlock", "text": unmarked(text), "size": "small", "isSubtle": True, "wrap": True}


def title_elements(title: str) -> list[Json]:
    """A title; what does not fit into one follows in bold."""
    first, *rest = [*pieces(on_one_line(title), HEADING)] or [""]
    look = {"style": "heading", "size": "large", "weight": "bolder", "wrap": True}
    head: list[Json] = [{"type": "TextBlock", "text": unmarked(first), **look}] if first else []
    return [*head, *(_line(literal(piece), weight="bolder") for piece in rest)]


def passage_elements(passage: Passage) -> list[Json]:
    """A passage in the dress of its tone, one element for each stretch of a line; `joined` makes them what they look
    like.
    """
    lines = [*_heading(passage), *_body(passage)]
    if not lines:
        return []
    lines[0] = {**lines[0], "spacing": "medium"}
    if passage.tone is Tone.URGENT:
        lines[0] = _warned(lines[0])
    box = _BOXED.get(passage.tone)
    return _boxed(lines, box) if box else lines


def _heading(passage: Passage) -> Iterator[Json]:
    return _lines(passage.heading, weight="bolder")


def _body(passage: Passage) -> Iterator[Json]:
    look: Json = {"weight": "bolder"} if passage.tone is Tone.URGENT else {}
    if passage.tone is Tone.QUIET:
        look = {"isSubtle": True}
    if passage.tone in _LISTED:
        return (line for text in passage.lines if text for line in _lines(text, _BULLET))
    return _lines("\n".join(passage.lines), **look)


def _lines(text: str, before: str = "", **look: object) -> Iterator[Json]:
    """Each line of a text on a line of its own; where lines were left empty the next stands further off."""
    spacing = "small"
    for line in shown(text).split("\n"):
        for piece in pieces(literal(line)):
            yield _line(before + piece, spacing, **look)
            before, spacing = "", _GOES_ON
        spacing = "small" if line else "medium"


def _line(text: str, spacing: str = "small", **look: object) -> Json:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": [{"type": "TextRun", "text": text, **look}]}


def _warned(line: Json) -> Json:
    """With the sign before it: colour alone tells nobody anything."""
    (run,) = line["inlines"]
    return {**line, "inlines": [{**run, "text": _WARNING + run["text"]}]}


def _boxed(lines: Sequence[Json], style: str) -> list[Json]:
    boxes = [{"type": "Container", "style": style, "spacing": _GOES_ON, "items": [line]} for line in lines]
    return [{**boxes[0], "spacing": "medium"}, *boxes[1:]]


def joined(elements: Iterable[Json]) -> list[Json]:
    """With one box around the lines that stand in one, and one line where a line only went on."""
    whole: list[Json] = []
    for element in elements:
        inside = _INSIDE.get(element["type"], "")
        if inside and element.get("spacing") == _GOES_ON and whole and whole[-1]["type"] == element["type"]:
            whole[-1] = {**whole[-1], inside: [*whole[-1][inside], *element[inside]]}
        else:
            whole.append(element)
    return [{**it, "items": joined(it["items"])} if it["type"] == "Container" else it for it in whole]


def grouped(elements: Iterable[Json], most: int) -> Iterator[list[Json]]:
    """Neighbours, as many as fit into `most` bytes; a larger one stands alone."""
    group: list[Json] = []
    size = 0
    for element in elements:
        own = weight(element) + 2
        if group and size + own > most:
            yield group
            group, size = [], 0
        group.append(element)
        size += own
    if group:
        yield group


def said(text: str) -> Json:
    """One sentence of ours."""
    return _line(literal(text))


def small_print(text: str) -> Json:
    return _line(literal(on_one_line(text)), "none", size="small", isSubtle=True)


# --- questions ---


def field_elements(field: Field) -> list[Json]:
    """A question that is answered inside the card; its picks come back under `field:` and the step."""
    style = "expanded" if field.many or len(field.options) <= IN_SIGHT else "compact"
    choices = [_choice(option) for option in field.options]
    asked: Json = {"type": "Input.ChoiceSet", "id": f"{FIELD}{field.step}", "label": literal(on_one_line(field.ask))}
    asked |= {"style": style, "isMultiSelect": field.many, "wrap": True, "choices": choices, "spacing": "medium"}
    return [asked, *_lines(field.help, isSubtle=True)]


def _choice(option: Option) -> Json:
    return {"title": unmarked(on_one_line(option.label)), "value": picked(option.value)}


def box(label: str, words: str = "") -> Json:
    """Where something is written; it comes back under `words`. `words` stand in it already."""
    written: Json = {"value": words} if words else {}
    asked: Json = {"type": "Input.Text", "id": WORDS, "label": literal(on_one_line(label)), "spacing": "medium"}
    return {**asked, "isMultiline": True, "maxLength": 3000, **written}

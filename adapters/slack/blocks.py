"""The small parts of what Slack shows, each within Slack's limits. A line of a card stays the text it was.

Markup must never be made here: every text stands in `plain_text` or in a `rich_text` element, where nothing comes
alive (T24). Letters are counted as Slack's server may count them at worst: UTF-16 units, with `&`, `<`, `>` escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.text import shown
from bot.message import Field, Option, Passage, Tone

Json = dict[str, Any]

HEADER, LABEL, BUTTON, OPTION, NAME = 150, 2000, 75, 75, 24
"""Letters that Slack takes in a header, an input's label, a button, an option, and the title of a view."""
STRETCH = 3000
"""Letters in one stretch of running text. Slack documents no limit for rich text; it has this one for a section."""
IN_SIGHT, IN_GROUP, IN_CONTEXT, IN_ROW = 10, 100, 10, 5
"""Options all in sight, options in one group of a menu, lines in a context, buttons in a row."""

FIELD = "field:"

_LISTED = frozenset({Tone.NUMBERS, Tone.DO, Tone.DONT})
_WARNING: list[Json] = [{"type": "emoji", "name": "warning"}, {"type": "text", "text": " "}]


# --- text ---


HEAVIEST = 5
"""What one letter weighs at most: it is an `&`."""


def weight(text: str) -> int:
    """How many letters Slack may count in it, at most."""
    units = len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
    return units + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))


def pieces(text: str, most: int = STRETCH) -> list[str]:
    """The text in stretches of at most `most` letters; joined again they are the text (T28)."""
    if HEAVIEST * len(text) <= most:
        return [text] if text else []
    found = []
    while len(text) > most or weight(text) > most:
        cut = _cut(text, most)
        found.append(text[:cut])
        text = text[cut:]
    return [*found, text] if text else found


def _cut(text: str, most: int) -> int:
    """After the last line or word that fits, unless that leaves less than half."""
    head = _fitting(text, most)
    at = 1 + max(head.rfind("\n"), head.rfind(" "))
    return at if at > len(head) // 2 else len(head)


def _fitting(text: str, most: int) -> str:
    head = text[:most]
    while weight(head) > most:
        head = head[: len(head) * 9 // 10]
    return head


def trimmed(text: str, most: int) -> str:
    """For the names of things that press: what does not fit ends in an ellipsis that can be seen."""
    text = shown(text)
    return text if HEAVIEST * len(text) <= most or weight(text) <= most else _fitting(text, most - 1).rstrip() + "…"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


# --- running text ---


def title_blocks(title: str) -> list[Json]:
    """A title as a header; what does not fit into one follows in bold."""
    first, *rest = pieces(shown(title), HEADER) or [""]
    header: list[Json] = [{"type": "header", "text": plain(first)}] if first else []
    return [*header, *(_rich(_section(piece, bold=True)) for piece in pieces("".join(rest)))]


def passage_blocks(passage: Passage) -> list[Json]:
    """A passage in the dress of its tone, in as many blocks as its length asks for."""
    heading = _heading(passage)
    if passage.tone is Tone.QUIET:
        return [*([_rich(*heading)] if heading else []), *_contexts(passage)]
    parts = [*heading, *_body(passage)]
    together = 1 + len(heading)
    return [_rich(*parts[:together]), *map(_rich, parts[together:])] if parts else []


def _heading(passage: Passage) -> list[Json]:
    sections = [_section(piece, bold=True) for piece in pieces(shown(passage.heading))]
    return _warned(sections) if passage.tone is Tone.URGENT else sections


def _body(passage: Passage) -> list[Json]:
    lines = [shown(line) for line in passage.lines]
    if passage.tone in _LISTED:
        return [_bullets(group) for group in _groups([line for line in lines if line])]
    stretches = pieces("\n".join(lines)) if any(lines) else []
    if passage.tone is Tone.VERBATIM:
        return [{**_section(stretch), "type": "rich_text_quote"} for stretch in stretches]
    sections = [_section(stretch, bold=passage.tone is Tone.URGENT) for stretch in stretches]
    return _warned(sections) if passage.tone is Tone.URGENT and not passage.heading else sections


def _warned(sections: list[Json]) -> list[Json]:
    """The sign goes before the first of them."""
    return [{**s, "elements": [*_WARNING, *s["elements"]]} for s in sections[:1]] + sections[1:]


def _groups(lines: Sequence[str]) -> Iterator[list[str]]:
    """Neighbouring lines, as many as fit into one stretch; a longer line stands alone."""
    group: list[str] = []
    for line in lines:
        if group and weight(line) + sum(map(weight, group)) > STRETCH:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _contexts(passage: Passage) -> Iterator[Json]:
    lines = [piece for line in passage.lines for piece in pieces(shown(line))]
    for start in range(0, len(lines), IN_CONTEXT):
        yield {"type": "context", "elements": [plain(line) for line in lines[start : start + IN_CONTEXT]]}


def _bullets(lines: Sequence[str]) -> Json:
    return {"type": "rich_text_list", "style": "bullet", "elements": [_section(line) for line in lines]}


def _section(text: str, *, bold: bool = False) -> Json:
    style: Json = {"style": {"bold": True}} if bold else {}
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": p, **style} for p in pieces(text)]}


def _rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": list(parts)}


# --- questions ---


def field_block(field: Field) -> Json:
    """A question that is answered inside the card; its picks come back under `field:` and the step."""
    name = f"{FIELD}{field.step}"
    hint: Json = {"hint": plain(trimmed(field.help, LABEL))} if field.help else {}
    element = choice(name, field.options, many=field.many)
    return {"type": "input", "block_id": name, "label": plain(trimmed(field.ask, LABEL)), "element": element, **hint}


def choice(name: str, options: Sequence[Option], *, many: bool = False) -> Json:
    """Up to ten options are all in sight; more of them stand in a menu."""
    if len(options) <= IN_SIGHT:
        kind = "checkboxes" if many else "radio_buttons"
    else:
        kind = "multi_static_select" if many else "static_select"
    return {"type": kind, "action_id": name, **_options([_option(option) for option in options])}


def _options(options: list[Json]) -> Json:
    """More than a hundred stand in groups, named by the first and the last of each."""
    if len(options) <= IN_GROUP:
        return {"options": options}
    groups = [options[start : start + IN_GROUP] for start in range(0, len(options), IN_GROUP)]
    return {"option_groups": [{"label": plain(_span(group)), "options": group} for group in groups]}


def _span(options: Sequence[Json]) -> str:
    first, last = (trimmed(option["text"]["text"], OPTION // 2 - 2) for option in (options[0], options[-1]))
    return f"{first} – {last}"


def _option(option: Option) -> Json:
    return {"text": plain(trimmed(option.label, OPTION)), "value": option.value}

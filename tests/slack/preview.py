"""Blocks as Slack shows them, in HTML: for pictures only. Every text is escaped, and nothing is fetched.

Nothing of the bot may be imported here: it draws whatever JSON it is given, and refuses a block it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

from tests.slack.world import Json

STYLE = Path(__file__).with_suffix(".css")
_SIGNS = {"warning": "⚠️"}


# --- the frames around blocks ---


def page(title: str, body: str) -> str:
    """A whole page around what is drawn."""
    style = STYLE.read_text(encoding="utf-8")
    head = f"<meta charset='utf-8'><title>{escape(title)}</title><style>{style}</style>"
    return f"<!DOCTYPE html><html lang='en-GB'><head>{head}</head><body>{body}</body></html>"


def conversation(name: str, messages: Sequence[str]) -> str:
    """A window with its name at the top, such as a channel."""
    return f"<section class='window'><header>{escape(name)}</header>{''.join(messages)}</section>"


def from_app(blocks: Sequence[Json], at: str) -> str:
    """A message of the app."""
    return _message("app", "Handrail <b class='app'>APP</b>", at, drawn(blocks))


def from_person(name: str, at: str, text: str) -> str:
    """A message that somebody typed."""
    return _message("person", escape(name), at, f"<p>{escape(text)}</p>")


def _message(kind: str, who: str, at: str, inner: str) -> str:
    face = "<i class='face'></i>"
    return f"<article class='{kind}'>{face}<div><h2>{who} <time>{escape(at)}</time></h2>{inner}</div></article>"


def modal(view: Json) -> str:
    """A private view in front of everything, with its own buttons at the foot."""
    names = {part: escape(view[part]["text"]) for part in ("title", "close", "submit") if view.get(part)}
    close = f"<button>{names['close']}</button>" if "close" in names else ""
    submit = f"<button class='primary'>{names['submit']}</button>" if "submit" in names else ""
    head = f"<header>{names['title']}<span>×</span></header>"
    return f"<section class='modal'>{head}<div>{drawn(view['blocks'])}</div><footer>{close}{submit}</footer></section>"


def home(view: Json) -> str:
    """The app's own first page."""
    tabs = "<header>Handrail<nav><b>Home</b><span>Messages</span><span>About</span></nav></header>"
    return f"<section class='window home'>{tabs}<div>{drawn(view['blocks'])}</div></section>"


# --- blocks ---


def drawn(blocks: Sequence[Json]) -> str:
    """The blocks, one below the other. Raises KeyError for a kind of block that is not known here."""
    return "".join(_BLOCKS[block["type"]](block) for block in blocks)


def _text(thing: Mapping[str, object]) -> str:
    return escape(str(thing["text"])).replace("\n", "<br>")


def _header(block: Json) -> str:
    return f"<h3>{_text(block['text'])}</h3>"


def _section(block: Json) -> str:
    return f"<p>{_text(block['text'])}</p>"


def _context(block: Json) -> str:
    return "".join(f"<p class='context'>{_text(element)}</p>" for element in block["elements"])


def _rich(block: Json) -> str:
    return "".join(_RICH[part["type"]](part) for part in block["elements"])


def _paragraph(part: Json) -> str:
    return f"<p>{_spans(part)}</p>"


def _quote(part: Json) -> str:
    return f"<blockquote>{_spans(part)}</blockquote>"


def _list(part: Json) -> str:
    return f"<ul>{''.join(f'<li>{_spans(each)}</li>' for each in part['elements'])}</ul>"


def _spans(part: Json) -> str:
    return "".join(map(_span, part["elements"]))


def _span(element: Json) -> str:
    if element["type"] == "emoji":
        return _SIGNS[element["name"]]
    return f"<b>{_text(element)}</b>" if element.get("style", {}).get("bold") else _text(element)


def _input(block: Json) -> str:
    hint = f"<p class='context'>{_text(block['hint'])}</p>" if "hint" in block else ""
    return f"<div class='input'><h4>{_text(block['label'])}</h4>{_element(block['element'])}{hint}</div>"


def _actions(block: Json) -> str:
    return f"<div class='actions'>{''.join(map(_element, block['elements']))}</div>"


def _element(element: Json) -> str:
    return _ELEMENTS[element["type"]](element)


def _button(element: Json) -> str:
    return f"<button class='{escape(element.get('style', 'plain'))}'>{_text(element['text'])}</button>"


def _picks(kind: str) -> Callable[[Json], str]:
    def picks(element: Json) -> str:
        options = (f"<label><input type='{kind}'>{_text(each['text'])}</label>" for each in element["options"])
        return f"<div class='picks'>{''.join(options)}</div>"

    return picks


def _menu(element: Json) -> str:
    return "<div class='menu'>Select an option</div>"


def _writing(element: Json) -> str:
    return "<div class='writing'></div>"


_BLOCKS: Mapping[str, Callable[[Json], str]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": lambda block: "<hr>",
    "rich_text": _rich,
    "input": _input,
    "actions": _actions,
}
_RICH: Mapping[str, Callable[[Json], str]] = {
    "rich_text_section": _paragraph,
    "rich_text_quote": _quote,
    "rich_text_list": _list,
}
_ELEMENTS: Mapping[str, Callable[[Json], str]] = {
    "button": _button,
    "radio_buttons": _picks("radio"),
    "checkboxes": _picks("checkbox"),
    "static_select": _menu,
    "multi_static_select": _menu,
    "plain_text_input": _writing,
}

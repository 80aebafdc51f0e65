"""What Teams sends, cut down to the parts that Handrail may have.

The cut is an allow-list and comes first, before the SDK, a queue or a log has seen anything. A file, its name, its
address or a picture in the text must never come through: only how many were offered (I5, T41).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.teams.us import DOOR, Json

__all__ = ["DOOR", "OFFERED", "project"]

OFFERED = "offered"
"""Where a projection holds how many files and pictures were offered."""

Shape = dict[Any, Any]

_HTML, _REFERENCE, _CARD = "text/html", "messagereference", "application/vnd.microsoft.card.adaptive"
_NO_FILES = frozenset({_HTML, _REFERENCE, _CARD})
"""Attachments that are no files: Teams' own copy of the text, what was answered to, and a card."""

_INPUT = re.compile(r"handrail|nonce|field:.+|words[0-9]*", re.DOTALL)
"""What a card of ours sends: what its button carries, and its inputs."""

# A text is no document, so no parser of documents is asked: it is somebody's words, with pieces of markup set between
# them, often broken ones. Every pattern is one pass with possessive repeats, and none can begin many times inside what
# it has run through in vain: so each of them is linear (T71).

_SIGNS = r"[!#-&*-;=?-~]*+"
"""What an address or base64 is made of. Words of another script may stand right behind it."""

_LINE = r"[a-z0-9+/%_-]{60,}+={0,2}"
_LAST = r"[a-z0-9+/_-]{2,}+={1,2}|(?=(?-i:\S*?[a-z0-9+][A-Z]|[A-Z]{16}))(?:[a-z0-9+/]{4}){3,}+"
_BYTES = rf"""{_SIGNS}(?:(?<!=)\s++(?:{_LINE}|(?:{_LAST})(?![^\s"'<>(),.])))*+"""
"""Base64 and what it goes on with: whole lines, and a last one that no word could be."""

_SVG = r"(?:<\?xml[^<>]*+>\s*+)?+<svg\b(?:(?!</svg|data:).)*+</svg\s*+>"
_COLON, _COMMA = "(?::|%3a)", "(?:,|%2c)"
_SETTING = r"""(?:\s*+(?:;|%3b)\s*+[\w.*-]++(?:=(?:"[^"\n]{0,260}+"|'[^'\n]{0,260}+'|[^\s;:/,"]*+))?+){0,8}+"""
_KIND = r"(?:image|video|audio|application|text|font|model)/[\w.+*-]++"
_DATA_URL = (
    rf"data{_COLON}\s*+(?:[\w.+*-]++(?:/|%2f)[\w.+*-]++)?+{_SETTING}(?<=base64)\s*+{_COMMA}{_BYTES}"
    rf"|;\s*+base64\s*+{_COMMA}(?=\s*+[a-z0-9+/]{{16}}){_BYTES}"
    rf"|data{_COLON}{_KIND}{_SETTING}{_COMMA}(?:{_SVG}|(?=\S){_BYTES})"
)

"""A picture as its own address: with base64 however it is spelt, without it only where the kind is a known one."""

_SHOWS = "img|image|video|audio|embed|object|iframe|input|file|uriobject"
_NAMES = rf"{_SHOWS}|picture|source|track|attachment|quoted|originalname|filesize|swift|meta|link"
_HELD = r"(?:\s*+[^{0}\s<]{{60,}}+)*+(?:\s*+[^{0}\s<]++){{0,40}}+\s*+"
_QUOTED = rf"""(?:"{_HELD.format('"')}"|'{_HELD.format("'")}')(?=[\s/>]|\Z)"""
_PAIR = rf"""[\s/]++[^\s=<>"'/]++\s*+=\s*+(?:{_QUOTED}|["']?+(?:(?:{_DATA_URL})["']?+|[^\s<>]*+))"""
_BARE = "hidden|controls|autoplay|loop|muted|playsinline|ismap|default|disabled|checked|allowfullscreen|download"
_SINGLE = rf"[\s/]++(?:[\w:]*+-[\w:-]*+|{_BARE})(?=[\s/>])(?!\s*+=)"
_TAG = re.compile(
    rf"<(?=[a-z/]{{3}})(?:/(?>{_NAMES})\s*+>"
    rf"|(?P<name>(?>{_NAMES}))(?:{_SINGLE})*+(?:{_PAIR})++(?:(?:{_PAIR}|{_SINGLE})*+[\s/]*+>)?+)",
    re.IGNORECASE | re.DOTALL,
)
"""What Teams sets into a text for a picture, an attachment or a quotation. Without an attribute it is somebody's own
words in angle brackets, and stays; of one that is never closed only the attributes right behind its name go.
"""

_SQUARE = r"(?:[^\[\]\\]++|\\.|\[(?:[^\[\]\\]++|\\.|\[(?:[^\[\]\\]++|\\.)*+\])*+\])*+"
_ROUND = r"(?:[^()\n\\]++|\\.|\((?:[^()\n\\]++|\\.|\((?:[^()\n\\]++|\\.)*+\))*+\))*+"
_TITLE = r"""(?:[ \t]*+(?:"[^"\n]*+"|'[^'\n]*+'))?+"""
_THERE = rf"(?:\(\s*+{_ROUND}\s*+{_TITLE}\s*+\)|\([ \t]*+(?:(?:{_DATA_URL})\s*+\)?+|\S*+))"
"""Behind the brackets: what stands between the next two, or where those never close, what looks like an address."""

_MARKDOWN = re.compile(
    rf"!\[(?:(?P<alt>{_SQUARE})\](?:{_THERE}|\[(?P<label>[^\[\]\n]*+)\])|(?P<only>[^\[\]\n]++)\])",
    re.IGNORECASE | re.DOTALL,
)
_WHERE = rf"(?:<[^<>\n]*+>|{_DATA_URL}|(?=\S*?(?:/|\.\w))\S++)"
_DEFINED = re.compile(
    rf"^[ \t]*+\[(?P<label>[^\[\]\n]++)(?P<alt>)(?P<only>)\]:[ \t]*+{_WHERE}{_TITLE}",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)

_MARK = r"(?:/|%2f)(?:hostedContents|v1(?:/|%2f)objects|v3(?:/|%2f)attachments|views(?:/|%2f)img)"
_RUN = r"[!#$&*+.0-:=?-Z\\^-~-]*+"
_LOOSE = (
    re.compile(r"""\burl\(\s*+(?:"[^"\n]*+"|'[^'\n]*+'|[^()\s"']*+)\s*+\)?+""", re.IGNORECASE),
    re.compile(
        r"""\b(?:src|srcset|poster|uri)\s*+=\s*+"""
        r"""(?:"[^"\n<>/.]*+[/.][^"\n<>]*+"?+|'[^'\n<>/.]*+[/.][^'\n<>]*+'?+|[^\s"'<>/.=]*+[/.][^\s"'<>]*+)""",
        re.IGNORECASE,
    ),
    re.compile(_DATA_URL, re.IGNORECASE | re.DOTALL),
    re.compile(rf"""(?<![!#-&*+.-:=?-Z\\^-~-]){_RUN}(?:(?!{_MARK})[/%]{_RUN})*+{_MARK}{_SIGNS}""", re.IGNORECASE),
)
"""A picture's address or bytes that no mark of its own goes with."""

_EMOJI = re.compile(r"schema\.skype\.com/Emoji", re.IGNORECASE)
_SIGN = re.compile(r"""\balt\s*+=\s*+["']([^"'<>&\x00-\x7f]{1,16})["']""", re.IGNORECASE)
_EMOJI_PICTURES = "/evergreen-assets/"
"""Where Teams keeps the pictures of its emoji."""

# --- the cut ---

_ID: Shape = {"id": str}
_MEMBERS = [{"id": str, "aadObjectId": str}]
_DATA: Shape = {...: str, "msteams": {"type": str}}
_SAID = ("type", "id", "timestamp", "localTimestamp", "name", "action", "replyToId", "text", "textFormat")
_ACTIVITY: Shape = {
    **dict.fromkeys((*_SAID, "serviceUrl", "channelId"), str),
    "from": {"id": str, "aadObjectId": str, "name": str, "role": str},
    "recipient": {"id": str, "name": str},
    "conversation": {"id": str, "conversationType": str, "tenantId": str, "isGroup": bool},
    "channelData": {
        "tenant": _ID,
        "team": {"id": str, "aadGroupId": str},
        "channel": _ID,
        "settings": {"selectedChannel": _ID},
        "eventType": str,
    },
    "membersAdded": _MEMBERS,
    "membersRemoved": _MEMBERS,
    "value": {**_DATA, "action": {"type": str, "verb": str, "data": _DATA}, "data": _DATA, "trigger": str},
}


def project(body: Mapping[str, Any]) -> Json:
    """The parts of one activity that Handrail may have, each of the type it should be. Nothing else is held by what is
    returned, and what has another type is left out.
    """
    kept = dict(_parts(body, _ACTIVITY))
    in_words = sum(_clean(place) for place in _places(kept))
    if offered := _offered(body.get("attachments"), in_words):
        kept[OFFERED] = offered
    return kept


def _parts(found: Mapping[str, Any], wanted: Shape) -> Iterator[tuple[str, Any]]:
    for name, there in found.items():
        shape = wanted.get(name) or (wanted.get(...) if _INPUT.fullmatch(name) else None)
        part = _cut(there, shape) if shape else None
        if part is not None:
            yield name, part


def _cut(found: object, shape: Any) -> Any:
    """The part of `found` that has this shape, or None. In a shape, `...` stands for the inputs of a card."""
    if isinstance(shape, dict):
        return dict(_parts(found, shape)) if isinstance(found, dict) else None
    if isinstance(shape, list):
        return [_cut(one, shape[0]) for one in found if isinstance(one, dict)] if isinstance(found, list) else None
    return found if isinstance(found, shape) else None


# --- pictures in words ---


def _places(kept: Json) -> Iterator[Json]:
    """Where words may stand in a projection: the text, and what was written in a card."""
    yield kept
    value = kept.get("value", {})
    yield from (value, value.get("data", {}), value.get("action", {}).get("data", {}))


def _clean(place: Json) -> int:
    """Take the pictures out of the words that stand here. Returns how many there were."""
    taken = 0
    for name in [name for name in place if name == "text" or name.startswith("words")]:
        place[name], found = _without_pictures(place[name])
        taken += found
    return taken


def _without_pictures(text: str) -> tuple[str, int]:
    """The text without any picture in it, and how many there were. An emoji stays, as the sign it stands for."""
    tags = list(_TAG.finditer(text))
    text, found = _without_markdown(_TAG.sub(_sign, text) if tags else text)
    taken = sum(map(_is_picture, tags)) + found
    for kind in _LOOSE:
        text, found = kind.subn("", text)
        taken += found
    return text, taken


def _sign(found: re.Match[str]) -> str:
    sign = _SIGN.search(found[0]) if _EMOJI.search(found[0]) else None
    return sign[1] if sign else ""


def _is_picture(found: re.Match[str]) -> bool:
    return (found["name"] or "").lower() in _SHOWS.split("|") and not _EMOJI.search(found[0])


def _without_markdown(text: str) -> tuple[str, int]:
    """The text without Markdown's pictures, and without the lines that say where those are."""
    defined = {_label(found) for found in _DEFINED.finditer(text)}
    pictures = [found for found in _MARKDOWN.finditer(text) if not found["only"] or _label(found) in defined]
    if not pictures:
        return text, 0
    shown = {_label(found) for found in pictures}
    text = _MARKDOWN.sub(lambda found: found[0] if found["only"] and _label(found) not in defined else "", text)
    return _DEFINED.sub(lambda found: "" if _label(found) in shown else found[0], text), len(pictures)


def _label(found: re.Match[str]) -> str:
    return " ".join((found["label"] or found["only"] or found["alt"] or "").casefold().split())


# --- how many were offered ---


def _offered(attachments: object, in_words: int) -> int:
    """Files, and pictures. One picture comes as an attachment, in Teams' own copy of the text and in the text itself:
    it is counted once.
    """
    there = attachments if isinstance(attachments, list) else []
    kinds = [(_kind(one), one if isinstance(one, dict) else {}) for one in there]
    files = sum(kind not in _NO_FILES and not kind.startswith("image/") for kind, _ in kinds)
    pictures = sum(kind.startswith("image/") and not _is_emoji(one) for kind, one in kinds)
    copied = sum(_without_pictures(str(one.get("content", "")))[1] for kind, one in kinds if kind == _HTML)
    return files + max(pictures, copied, in_words)


def _kind(attachment: object) -> str:
    kind = attachment.get("contentType") if isinstance(attachment, dict) else None
    return kind.strip().lower() if isinstance(kind, str) else ""


def _is_emoji(attachment: Mapping[str, Any]) -> bool:
    return _EMOJI_PICTURES in str(attachment.get("contentUrl", ""))

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

_SHOWS = "img|image|video|audio|embed|object|iframe"
_NAMES = rf"{_SHOWS}|source|track|attachment|quoted"
_INSIDE = r"""(?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+(?:>|\Z)"""
_TAG = rf"</(?:{_NAMES})\s*>|<(?P<name>{_NAMES})\b(?=[^<>]{{0,200}}=){_INSIDE}"
"""What Teams sets into a text for a picture, an attachment or a quotation. Without an attribute it is somebody's own
words in angle brackets, and stays.
"""

_MARKDOWN = r"!\[[^\[\]\n]*\]\([^()\n]*\)"
_DATA_URL = r"""data:[\w.+-]+/[\w.+-]+[;,][^\s"'<>()]*(?:\s+[A-Za-z0-9+/=_-]{60,})*"""
_SET_IN = re.compile(f"{_TAG}|(?P<picture>{_MARKDOWN}|{_DATA_URL})", re.IGNORECASE)
_EMOJI = re.compile(r"schema\.skype\.com/Emoji", re.IGNORECASE)
_SIGN = re.compile(r"""\balt\s*=\s*["']([^"'<>&\x00-\x7f]{1,16})["']""", re.IGNORECASE)
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
    return _SET_IN.sub(_sign, text), sum(_is_picture(found) for found in _SET_IN.finditer(text))


def _sign(found: re.Match[str]) -> str:
    sign = _SIGN.search(found[0]) if _EMOJI.search(found[0]) else None
    return sign[1] if sign else ""


def _is_picture(found: re.Match[str]) -> bool:
    named = (found["name"] or "").lower() in _SHOWS.split("|")
    return bool(found["picture"]) or (named and not _EMOJI.search(found[0]))


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

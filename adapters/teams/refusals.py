"""What the answers of Microsoft's services mean for a call: not done, perhaps done, never here, gone. Pure.

What a call carried must never enter, nor what a service says of it in words: an error is its status and its code.
"""

from __future__ import annotations

import re
from enum import StrEnum

THROTTLED, MOVED_ON, UNPROVED, FORBIDDEN = 429, 412, 401, 403

NOT_THERE = frozenset({404, 410})
UNDELIVERABLE = NOT_THERE | {FORBIDDEN}
"""Blocked, uninstalled, not in the roster, no such conversation. The finer reasons that the documentation names are
often absent, so all of them are one: find another way, and let somebody know (P5)."""


class Meaning(StrEnum):
    """AGAIN: certainly not done, may be repeated. AMBIGUOUS: may have been done (F6). REFUSED: never here, find another
    way (P5). GONE: what was to be changed stands there no more."""

    AGAIN = "again"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    GONE = "gone"


_REFUSED = frozenset({400, 402, 405, 406, 407, 409, 411, 413, 414, 415, 416, 417, 422, 423, 424, 426, 428, 431, 451})
_AGAIN = frozenset({THROTTLED, MOVED_ON, UNPROVED})
_AMBIGUOUS = frozenset({408, 500, 502, 503, 504})
_HEARD_OF = _REFUSED | _AGAIN | _AMBIGUOUS | UNDELIVERABLE

_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")


def meaning_of(status: int, method: str) -> Meaning:
    """The class of a status that is not a yes. A redirection is followed nowhere (T10), and whoever redirects us may
    have acted; so may whoever answers with anything that nobody has heard of. All of 4xx else is a refusal."""
    if method == "PUT" and status in NOT_THERE:
        return Meaning.GONE
    if status in _AGAIN:
        return Meaning.AGAIN
    refused = 400 <= status < 500 and status != 408
    return Meaning.REFUSED if refused else Meaning.AMBIGUOUS


def is_alarming(status: int, method: str) -> bool:
    """Whether somebody should hear of it: a message that cannot be delivered, or a status without a class (P3)."""
    undelivered = status in UNDELIVERABLE and meaning_of(status, method) is Meaning.REFUSED
    return (undelivered and method != "GET") or status not in _HEARD_OF


def code_of(body: object) -> str:
    """The error code in an answer, or ''. Anything that is not made like a code is never shown."""
    error = body.get("error") if isinstance(body, dict) else None
    said = error.get("code") if isinstance(error, dict) else None
    return said if isinstance(said, str) and _CODE.fullmatch(said) else ""


def reason_of(status: int, code: str) -> str:
    """What is said of it: "http_403 BotNotInConversationRoster"."""
    return f"http_{status} {code}".strip()


def status_of(error: Exception) -> int:
    """The status behind an error that was made with `reason_of`, or 0."""
    said, _, _ = str(error).partition(" ")
    return int(said.removeprefix("http_")) if re.fullmatch(r"http_[0-9]{3}", said) else 0

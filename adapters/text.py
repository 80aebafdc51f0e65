"""Text as a platform can show it, whatever was written. The evidence itself stays in the store, as it was written."""

from __future__ import annotations

import re

_UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FSI, _PDI = "\u2068", "\u2069"
_ISOLATES = "\u2066\u2067\u2068"


def shown(text: str) -> str:
    """The text as it can be shown: a lone surrogate or control character becomes U+FFFD, and what turns the direction
    of writing is shut in with its own line (T29).
    """
    if text.isprintable():
        return text
    clean = _UNSENDABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(map(_isolated, clean.split("\n"))) if _BIDI.search(clean) else clean


def _isolated(line: str) -> str:
    if not _BIDI.search(line):
        return line
    opened = closed = 0
    for sign in line:
        if sign in _ISOLATES:
            opened += 1
        elif sign == _PDI and opened:
            opened -= 1
        elif sign == _PDI:
            closed += 1
    return _FSI * (1 + closed) + line + _PDI * (1 + opened)

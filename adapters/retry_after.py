"""How long a platform asks to be left alone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0
"""Seconds. However long a platform asks to be left alone, it is tried again within the hour."""

_USUAL_WAIT = 30.0


def seconds_to_wait(header: str | None, now: datetime) -> float:
    """What `Retry-After` asks for: seconds, or a date. Absent or unreadable 30, below one 1, at most an hour (P2)."""
    try:
        asked = float(int(header or ""))
    except (ValueError, OverflowError):
        asked = _seconds_until(header or "", now)
    return min(LONGEST_WAIT, max(1.0, asked))


def _seconds_until(date: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _USUAL_WAIT
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp()

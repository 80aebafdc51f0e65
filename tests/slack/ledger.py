"""What happened, in order: every call of the bot and everything delivered to it. The tests read their verdict here."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["event", "interactive", "command"]


@dataclass(slots=True)
class Call:
    """One call of the Web API. `performed` says whether it took effect, whatever was answered.

    `status` is the HTTP status, 0 when the connection was closed without an answer; `error` is Slack's error code.
    """

    number: int
    at: float
    method: str
    arguments: Json
    performed: bool = False
    status: int = 0
    error: str = ""
    answer: Json = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """One try to deliver. `status` 0: no answer in time, or none at all. `ms`: how long the answer took."""

    at: float
    retry: int
    reason: str
    status: int = 0
    ms: float = 0.0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """Something that people did, on its way to the bot. `lost`: Slack never sent it (F3)."""

    number: int
    kind: Kind
    what: str
    payload: Json
    attempts: list[Attempt] = field(default_factory=list)
    lost: bool = False
    over: bool = False

    @property
    def status(self) -> int:
        """What the bot answered last; 0 for no answer."""
        return self.attempts[-1].status if self.attempts else 0

    @property
    def taken(self) -> bool:
        """Whether any attempt was answered with 2xx in time."""
        return any(attempt.taken for attempt in self.attempts)

    @property
    def ts(self) -> str:
        """The message's own time stamp, where this is about a message."""
        event = self.payload.get("event") or {}
        return str(event.get("ts") or "")

    @property
    def channel(self) -> str:
        return str((self.payload.get("event") or {}).get("channel") or "")


class Ledger:
    """Calls and deliveries. `keep` is how many of each are remembered (0: all), for long runs."""

    def __init__(self, keep: int = 0) -> None:
        self.calls: deque[Call] = deque(maxlen=keep or None)
        self.deliveries: deque[Delivery] = deque(maxlen=keep or None)
        self._numbers = 0

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def of(self, *methods: str) -> list[Call]:
        """The calls of these methods (of all when none is named), in order."""
        return [call for call in self.calls if not methods or call.method in methods]

    def performed(self, *methods: str) -> list[Call]:
        """The calls that took effect."""
        return [call for call in self.of(*methods) if call.performed]

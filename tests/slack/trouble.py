"""What goes wrong on purpose: faults that a test sets, and Slack's real rates when they are switched on."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

FaultKind = Literal[
    "drop_after_accept",
    "drop_before",
    "status",
    "slow",
    "error",
    "html",
    "truncated",
    "missing",
    "lose_events",
]


@dataclass(slots=True)
class Fault:
    """One thing to go wrong, `times` times (0: until lifted), for one method and channel (empty: any).

    drop_after_accept: performed, then the connection is closed. drop_before: closed, not performed. status: this HTTP
    status, with `retry_after` as the header when it is not None, not performed unless `performed`. slow: performed,
    answered after `seconds`. error: `ok: false` with `error`. html: a page instead of JSON, performed if `performed`.
    truncated: performed, half of the JSON. missing: `field` is left out of Slack's answer. lose_events: Slack never
    delivers; `method` is then the event's type.
    """

    kind: FaultKind
    method: str = ""
    channel: str = ""
    times: int = 1
    status: int = 503
    retry_after: str | None = None
    seconds: float = 0.0
    error: str = ""
    field: str = ""
    performed: bool = False
    chance: float = 1.0
    hits: int = 0

    def lift(self) -> None:
        """It goes wrong no more."""
        self.times = -1


class Troubles:
    """The faults that are set."""

    def __init__(self, chance: random.Random) -> None:
        self._faults: list[Fault] = []
        self._chance = chance

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, method: str, channel: str, *kinds: str) -> Fault | None:
        """The first fault that applies now, counted as a hit. `kinds`: only these (none: all but lose_events)."""
        for fault in self._applying(method, channel):
            wanted = fault.kind in kinds if kinds else fault.kind != "lose_events"
            if wanted and self._chance.random() < fault.chance:
                fault.hits += 1
                return fault
        return None

    def _applying(self, method: str, channel: str) -> Iterator[Fault]:
        return (
            fault
            for fault in self._faults
            if fault.method in ("", method)
            and fault.channel in ("", channel)
            and (fault.times == 0 or fault.hits < fault.times)
        )


TIERS: Mapping[str, int] = {
    "bots.info": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "chat.update": 50,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.list": 20,
    "conversations.members": 100,
    "conversations.open": 50,
    "users.info": 100,
    "views.open": 100,
    "views.publish": 100,
    "views.push": 100,
    "views.update": 100,
}
"""Calls a minute, by Slack's tiers. `chat.postMessage` has its own rate, by channel."""


class Rates:
    """Slack's own rates: a sliding minute for each method, a bucket for each channel's messages. Off until `on`."""

    def __init__(self, burst: int = 5) -> None:
        self.on = False
        self.burst = burst
        self._calls: dict[str, deque[float]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, method: str, channel: str) -> int:
        """Whole seconds to wait before this call is taken; 0 takes it."""
        if not self.on:
            return 0
        now = time.monotonic()
        return self._channel(channel, now) if method == "chat.postMessage" else self._minute(method, now)

    def _channel(self, channel: str, now: float) -> int:
        level, then = self._buckets.get(channel, (float(self.burst), now))
        level = min(float(self.burst), level + now - then)
        self._buckets[channel] = (level - 1, now) if level >= 1 else (level, now)
        return 0 if level >= 1 else 1

    def _minute(self, method: str, now: float) -> int:
        calls = self._calls.setdefault(method, deque())
        while calls and calls[0] < now - 60:
            calls.popleft()
        if len(calls) >= TIERS.get(method, 1000):
            return max(1, int(calls[0] + 60 - now) + 1)
        calls.append(now)
        return 0


def refused(error: str, **more: Any) -> dict[str, Any]:
    """Slack's answer when it does not do what was asked."""
    return {"ok": False, "error": error, **more}

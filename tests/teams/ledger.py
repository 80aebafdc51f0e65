"""What happened, in order: every call of the bot and everything delivered to it. The tests read their verdict here."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Call:
    """One call to Microsoft's cloud. `performed` says whether it took effect, whatever was answered.

    `method` is our short name for it (`connector.py`, `login.py`, `graph.py`, `keys.py`), `template` its path with the
    ids left out, `path` those ids, decoded. `status` is 0 when the connection was closed without an answer; `token` is
    what stood after "Bearer".
    """

    number: int
    at: float
    method: str
    template: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    token: str = ""
    host: str = ""
    performed: bool = False
    status: int = 0
    answer: Any = None

    @property
    def place(self) -> str:
        """What it was about: a conversation, a person, a team."""
        return self.path.get("conversation") or _place(self.body) or next(iter(self.path.values()), "")

    @property
    def error(self) -> str:
        """The code of the error that was answered, or ''."""
        error = self.answer.get("error") if isinstance(self.answer, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else str(error or "")


def _place(body: Json) -> str:
    """Whom or which channel a new conversation is with."""
    channel = (body.get("channelData") or {}).get("channel") or {}
    members = body.get("members") or [{}]
    return str(channel.get("id") or members[0].get("id") or "")


@dataclass(slots=True)
class Attempt:
    """One try to deliver. `status` 0: no answer in time ("timeout"), or none at all. `ms`: how long the answer took."""

    at: float
    activity: Json
    status: int = 0
    ms: float = 0.0
    body: str = ""

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """Something that people did, on its way to the bot. `lost`: Teams never sent it. `id` is the message on the screen
    that it is about, which a later attempt no longer carries.
    """

    number: int
    what: str
    activity: Json
    attempts: list[Attempt] = field(default_factory=list)
    lost: bool = False
    over: bool = False

    @property
    def id(self) -> str:
        return str(self.activity.get("id", ""))

    @property
    def status(self) -> int:
        """What the bot answered last; 0 for no answer."""
        return self.attempts[-1].status if self.attempts else 0

    @property
    def taken(self) -> bool:
        """Whether any attempt was answered with 2xx in time."""
        return any(attempt.taken for attempt in self.attempts)


class Ledger:
    """Calls and deliveries. `keep` is how many of each are remembered (0: all), for long runs."""

    def __init__(self, keep: int = 0) -> None:
        self.calls: deque[Call] = deque(maxlen=keep or None)
        self.deliveries: deque[Delivery] = deque(maxlen=keep or None)
        self._numbers = 0
        self._news = asyncio.Event()

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def ring(self) -> None:
        """Something happened: whoever waits looks again."""
        self._news.set()

    async def until(self, true: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until something is so. Raises TimeoutError. Looked at whenever anything happens here, and 50 times a
        second besides, since what is asked may stand elsewhere.
        """
        end = time.monotonic() + seconds
        while not true():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("it did not become so in time")
            self._news.clear()
            await _either(self._news, min(left, 0.02))

    def of(self, *methods: str, place: str = "", performed: bool = False) -> list[Call]:
        """The calls of these methods (`activities.*`; all when none is named), in order."""
        return [call for call in self.calls if _meant(call, methods, place) and (call.performed or not performed)]


def _meant(call: Call, methods: tuple[str, ...], place: str) -> bool:
    named = not methods or any(fnmatchcase(call.method, pattern) for pattern in methods)
    return named and place in ("", call.place, call.place.partition(";")[0])


async def _either(news: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return

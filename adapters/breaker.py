"""What a service is left alone with for a while, and how it has answered of late (P2-P5). Pure: the seconds come from a
clock that only goes forward.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.errors import SendFailed

OPERATOR_WAIT = 60.0
"""Seconds between two calls while only somebody with the app's settings can help (P4)."""
FORGOTTEN_SECONDS = 600.0
"""After this long a fault of the app that nobody has met again is no trouble any more."""

_MOST_ALARMS = 50
_MOST_SHUT = 1000


@dataclass(slots=True)
class _Shut:
    """What is not to be called before `until`. `operator`: only a person can mend it."""

    until: float
    reason: str
    operator: bool


class Breaker:
    """One service's. What is shut has a key: '' is all of it. `alarms` counts what has no class, by its reason (P3)."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.alarms: Counter[str] = Counter()
        self._seconds = seconds
        self._shut: dict[str, _Shut] = {}
        self._unreached: float | None = None

    @property
    def trouble(self) -> str:
        """What somebody with the app's settings has to mend ("http_401", "token_revoked"), or '' (P4)."""
        now = self._seconds()
        lasting = (shut for shut in self._shut.values() if shut.operator and now < shut.until + FORGOTTEN_SECONDS)
        return next((shut.reason for shut in lasting), "")

    @property
    def unreached_seconds(self) -> float:
        """For how long no call has reached the service, in seconds; 0.0 when the last one did."""
        return self._seconds() - self._unreached if self._unreached is not None else 0.0

    def reached(self) -> None:
        self._unreached = None

    def not_reached(self) -> None:
        self._unreached = self._seconds() if self._unreached is None else self._unreached

    def alarm(self, reason: str) -> None:
        if reason in self.alarms or len(self.alarms) < _MOST_ALARMS:
            self.alarms[reason] += 1

    # --- not calling ---

    def stop_if_shut(self, keys: Iterable[str]) -> None:
        """Raises SendFailed while a call of these keys is not to be made. Once the time is up, one caller tries."""
        if not self._shut:
            return
        now = self._seconds()
        for key in keys:
            shut = self._shut.get(key)
            if shut is None:
                continue
            if now < shut.until:
                raise SendFailed(shut.reason, shut.until - now)
            if shut.operator:
                shut.until = now + OPERATOR_WAIT

    def shut(self, key: str, reason: str, wait: float) -> SendFailed:
        """For as many seconds as the service asked for (P2). The error to raise."""
        return self._shuts(key, reason, wait, operator=False)

    def shut_for_operator(self, key: str, reason: str) -> SendFailed:
        """Until somebody has mended it (P4). The error to raise."""
        return self._shuts(key, reason, OPERATOR_WAIT, operator=True)

    def _shuts(self, key: str, reason: str, wait: float, *, operator: bool) -> SendFailed:
        now = self._seconds()
        if len(self._shut) >= _MOST_SHUT:
            self._shut = {key: kept for key, kept in self._shut.items() if kept.until > now}
        self._shut[key] = _Shut(now + wait, reason, operator)
        return SendFailed(reason, wait)

    def opens(self, keys: Iterable[str]) -> None:
        """A call of these keys was heard."""
        if self._shut:
            for key in keys:
                self._shut.pop(key, None)

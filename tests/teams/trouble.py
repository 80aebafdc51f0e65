"""What goes wrong on purpose: faults that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

FaultKind = Literal[
    "drop_after_accept",
    "drop_before",
    "reset",
    "status",
    "slow",
    "hang",
    "redirect",
    "garbage",
    "truncated",
    "missing",
    "lose",
]


@dataclass(slots=True)
class Fault:
    """One thing to go wrong, `times` times (0: until lifted), for methods of a pattern (`activities.*`) and one place
    (empty: any).

    drop_after_accept: performed, then the connection is closed. drop_before: closed, not performed. reset: performed,
    then the connection is reset. status: this HTTP status, with `retry_after` as the header when it is not None and
    `code` as the error's code (Teams' own for that status unless given). slow: performed, answered after `seconds`.
    hang: not performed and never answered. redirect: 307 to `location`. garbage: a page instead of JSON, with `status`
    (200 unless given). truncated: performed, half of the JSON. missing: performed, `field` left out of the answer.
    lose: Teams never delivers an activity; `method` is then its type. What is not performed is performed all the same
    with `performed`.
    """

    kind: FaultKind
    method: str = "*"
    place: str = ""
    times: int = 1
    status: int = 0
    retry_after: str | None = None
    code: str = ""
    seconds: float = 0.0
    location: str = ""
    field: str = ""
    performed: bool = False
    hits: int = 0

    def lift(self) -> None:
        """It goes wrong no more."""
        self.times = -1


class Troubles:
    """The faults that are set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, method: str, place: str, *, losing: bool = False) -> Fault | None:
        """The first fault that applies now, counted as a hit. `losing`: of those that keep Teams from delivering."""
        for fault in self._applying(method, place):
            if (fault.kind == "lose") == losing:
                fault.hits += 1
                return fault
        return None

    def _applying(self, method: str, place: str) -> Iterator[Fault]:
        return (
            fault
            for fault in self._faults
            if fnmatchcase(method, fault.method)
            and fault.place in ("", place, place.partition(";")[0])
            and (fault.times == 0 or fault.hits < fault.times)
        )


CODES = {
    400: "BadArgument",
    401: "BotUnauthorized",
    403: "ForbiddenOperationException",
    404: "ConversationNotFound",
    412: "PreconditionFailed",
    413: "MessageSizeTooBig",
    429: "Throttled",
}
"""What Teams calls its errors, by status."""


def error(code: str, message: str = "") -> dict[str, Any]:
    """The connector's answer when it does not do what was asked."""
    return {"error": {"code": code, "message": message or f"{code}."}}

"""Our Slack's things as plain JSON and back, for the control API: `{"is": "Message", ...}`. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, is_dataclass
from typing import Any

from tests.slack.ledger import Attempt, Call, Delivery
from tests.slack.trouble import Fault
from tests.slack.world import Message, Room, Somebody, View

KNOWN = {kind.__name__: kind for kind in (Attempt, Call, Delivery, Fault, Message, Room, Somebody, View)}


def to_plain(thing: Any) -> Any:
    """Anything that a method of the fake takes or returns."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {"is": type(thing).__name__, **{f.name: to_plain(getattr(thing, f.name)) for f in fields(thing)}}
    if isinstance(thing, dict):
        return {key: to_plain(value) for key, value in thing.items()}
    if isinstance(thing, bytes):
        return {"is": "bytes", "hex": thing.hex()}
    return [to_plain(each) for each in thing] if isinstance(thing, list | tuple | deque) else thing


def from_plain(thing: Any) -> Any:
    """The way back."""
    if isinstance(thing, list):
        return [from_plain(each) for each in thing]
    if not isinstance(thing, dict):
        return thing
    if thing.get("is") == "bytes":
        return bytes.fromhex(thing["hex"])
    inner = {key: from_plain(value) for key, value in thing.items()}
    kind = KNOWN.get(str(inner.get("is")))
    if kind is None:
        return inner
    del inner["is"]
    return kind(**inner)

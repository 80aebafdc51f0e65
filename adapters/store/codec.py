"""How a thing of the bot becomes bytes and comes back the same, whatever was typed into it.

JSON, with lone surrogates as they are: everything survives byte for byte.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.errors import StoreRefused

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    adapter = _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = TypeAdapter(kind)
    return adapter


def write(thing: object) -> bytes:
    """The bytes of a dataclass of the bot. Raises TypeError, without a word of the content, when it is ill-formed."""
    adapter = _adapter(type(thing))
    try:
        return adapter.dump_json(thing, warnings="error")
    except (PydanticSerializationError, UnicodeEncodeError):
        return _write_escaped(adapter, thing)


def read(kind: type[T], raw: bytes) -> T:
    """The dataclass again. Raises StoreRefused, without a word of the content, when another version wrote it."""
    adapter = _adapter(kind)
    try:
        return cast(T, adapter.validate_json(raw))
    except ValidationError:
        return cast(T, _read_escaped(adapter, kind, raw))


# Pydantic's JSON refuses a lone surrogate; its Python side and the standard library's let one pass. It is not written
# as an escape: two that stand side by side would be read back as one character.
def _write_escaped(adapter: TypeAdapter[Any], thing: object) -> bytes:
    try:
        return _text(adapter.dump_python(thing, warnings="error")).encode("utf-8", "surrogatepass")
    except PydanticSerializationError:
        raise TypeError(f"a {type(thing).__name__} holds a value of another type than it says") from None


def _read_escaped(adapter: TypeAdapter[Any], kind: type[Any], raw: bytes) -> object:
    try:
        return adapter.validate_python(json.loads(raw.decode("utf-8", "surrogatepass")))
    except ValidationError:
        raise StoreRefused(f"a stored {kind.__name__} was written by another version of Handrail") from None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"nothing is stored as a {type(value).__name__}")


_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode


def micros(at: datetime) -> int:
    """Microseconds since 1970 in UTC. Raises TypeError on a time without a zone."""
    return (at - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    return _EPOCH + stored * _MICROSECOND

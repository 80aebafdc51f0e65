"""How a fact that takes several values is read: one value or a list, bands or whole years.

Only shapes: what a value means is `bot.facts`, what follows from it `bot.rules`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from bot.fact_values import AgeBand

E = TypeVar("E", bound=StrEnum)

OLDEST = 120
"""Years. A whole number above it is a slip of the finger, not an age."""

_NOTHING = frozenset({"none", "nothing", "nobody"})
_BANDS = ((13, AgeBand.UNDER_13), (16, AgeBand.FROM_13_TO_15), (18, AgeBand.FROM_16_TO_17))


def _as_list(value: object) -> list[object]:
    """One value stands for a list of one; an empty list says nothing, which is "unknown"."""
    if isinstance(value, list | tuple | set | frozenset):
        return list(value) or ["unknown"]
    return [value]


def _without_nothing(values: frozenset[E]) -> frozenset[E]:
    """ "None of these" beside anything else gives way to it; "unknown" beside anything else stays."""
    return frozenset(v for v in values if v not in _NOTHING) or values


def _band(value: object) -> object:
    if type(value) is not int or not 0 <= value <= OLDEST:
        return value
    return next((band for below, band in _BANDS if value < below), AgeBand.ADULT)


def _in_bands(value: object) -> list[object]:
    return [_band(item) for item in _as_list(value)]


def _one_or_many(schema: dict[str, Any]) -> None:
    """The JSON schema says what is accepted: one value, or a list of them."""
    many = {key: schema.pop(key) for key in ("type", "items")}
    schema.pop("uniqueItems", None)
    schema["anyOf"] = [many["items"], many]


def _years_or_bands(schema: dict[str, Any]) -> None:
    years = {"type": "integer", "minimum": 0, "maximum": OLDEST}
    schema["items"] = {"anyOf": [schema["items"], years]}
    _one_or_many(schema)


Picks = Annotated[
    frozenset[E],
    BeforeValidator(_as_list),
    AfterValidator(_without_nothing),
    Field(json_schema_extra=_one_or_many),
]
Ages = Annotated[
    frozenset[AgeBand],
    BeforeValidator(_in_bands),
    AfterValidator(_without_nothing),
    Field(json_schema_extra=_years_or_bands),
]

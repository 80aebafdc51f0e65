"""What `handrail assess` does with its standard input: a JSON object of facts in, the assessment as JSON out. Pure.

Neither a stream nor an exit may enter: the command does that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn

from bot.assessment import Assessment, assess
from bot.errors import BadFacts
from bot.facts import Facts, read_facts

_WHOLE = "the facts"
_WRITE_OBJECT = 'Write one JSON object of facts in UTF-8, for example {"pictured_ages": [15], "adult_involved": "no"}'


def assess_json(raw: bytes, strict_police: bool = False) -> str:
    """The assessment of a JSON object of facts, as JSON. Raises BadFacts for whatever cannot be read."""
    return assess(read_facts(_parse(raw)), strict_police=strict_police).model_dump_json(indent=2)


def schema_json() -> str:
    """The JSON schema of what goes in and what comes out: `{"facts": ..., "assessment": ...}`."""
    schemas = {"facts": Facts.model_json_schema(), "assessment": Assessment.model_json_schema(mode="serialization")}
    return json.dumps(schemas, indent=2)


def _parse(raw: bytes) -> dict[str, object]:
    try:
        given: object = json.loads(raw, object_pairs_hook=_once, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise BadFacts(_WHOLE, "this is not a JSON object", _WRITE_OBJECT)
    return given


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """A fact given twice is refused: the second would silently hide the first."""
    if len(dict(pairs)) < len(pairs):
        raise BadFacts(_WHOLE, "a fact is given twice", "Write every fact once; several values go in a list")
    return dict(pairs)


def _not_a_number(_: str) -> NoReturn:
    raise ValueError

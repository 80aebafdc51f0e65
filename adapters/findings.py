"""What the doctor found, one thing at a time, in plain English: how it stands, and what to do about it.

A token, a secret, or anything that somebody wrote must never enter a finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """OK: as it should be. WARN: it works, but look at it. WRONG: somebody would be let down."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` names the thing in a word or two, `do` says what to do; it is empty when nothing is to be done."""

    level: Level
    about: str
    sentence: str
    do: str = ""


def is_well(findings: Sequence[Finding]) -> bool:
    """Whether nothing is wrong. What is only worth a look counts as well."""
    return all(finding.level is not Level.WRONG for finding in findings)


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """For people: a line each, what to do below it, and how it stands altogether at the end."""
    for finding in findings:
        yield f"{finding.level:<6} {finding.about}: {finding.sentence}"
        if finding.do:
            yield f"       What to do: {finding.do}"
    yield ""
    yield _altogether(findings)


def as_json(findings: Sequence[Finding]) -> str:
    """For a program."""
    return json.dumps({"well": is_well(findings), "findings": [asdict(each) for each in findings]}, indent=2)


def _altogether(findings: Sequence[Finding]) -> str:
    wrong, look = (sum(each.level is level for each in findings) for level in (Level.WRONG, Level.WARN))
    if wrong:
        return f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong. Put that right before staff rely on it."
    return "Nothing is wrong." + (f" {look} {'thing is' if look == 1 else 'things are'} worth a look." if look else "")

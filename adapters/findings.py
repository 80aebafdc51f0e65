"""What the doctor found, one thing at a time, in plain English: how it stands, and what to do about it.

A token, a secret, or anything that somebody wrote must never enter a finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from itertools import groupby


class Level(StrEnum):
    """OK: as it should be. WARN: it works, but look at it. WRONG: somebody would be let down."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` names the thing in a word or two, `do` says what to do; it is empty when nothing is to be done.

    `platform` names the one that was looked at, as people read it, or is '' where there is only one to speak of.
    """

    level: Level
    about: str
    sentence: str
    do: str = ""
    platform: str = ""


def is_well(findings: Sequence[Finding]) -> bool:
    """Whether nothing is wrong. What is only worth a look counts as well."""
    return all(finding.level is not Level.WRONG for finding in findings)


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """For people: a line each, what to do below it, and how it stands altogether at the end. Every platform that is
    named has a heading."""
    for platform, found in groupby(findings, lambda finding: finding.platform):
        if platform:
            yield f"--- {platform} ---"
        for finding in found:
            yield f"{finding.level:<6} {finding.about}: {finding.sentence}"
            if finding.do:
                yield f"       What to do: {finding.do}"
        yield ""
    yield _altogether(findings)


def as_json(findings: Sequence[Finding]) -> str:
    """For a program. What is of no platform in particular names none."""
    found = [{key: said for key, said in asdict(each).items() if said or key != "platform"} for each in findings]
    return json.dumps({"well": is_well(findings), "findings": found}, indent=2)


def of_clock(header: str | None, now: datetime, whose: str, limits: tuple[float, float]) -> Finding:
    """Our time beside the time in an answer of a platform ("Slack’s"). `limits` are seconds: past the first it is worth
    a look, past the second nothing signed is taken for true any more."""
    try:
        theirs = parsedate_to_datetime(header or "")
    except ValueError:
        return Finding(Level.WARN, "clock", f"{whose} answer bears no time, so ours could not be compared.")
    off = (now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))).total_seconds()
    sentence = f"this computer’s clock is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} {whose}."
    do = "Let this computer set its clock from the network (NTP)."
    warn, wrong = limits
    if abs(off) > warn:
        return Finding(Level.WRONG if abs(off) > wrong else Level.WARN, "clock", sentence, do)
    return Finding(Level.OK, "clock", "right.")


def _altogether(findings: Sequence[Finding]) -> str:
    wrong, look = (sum(each.level is level for each in findings) for level in (Level.WRONG, Level.WARN))
    if wrong:
        return f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong. Put that right before staff rely on it."
    return "Nothing is wrong." + (f" {look} {'thing is' if look == 1 else 'things are'} worth a look." if look else "")

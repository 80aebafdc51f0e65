"""Whom to ring now: which services are open at this minute, and which safeguarding lead has a telephone.

Pure: a directory and a time go in, lines come out, and never none. No case and nothing anybody wrote may enter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache

from bot.directory import Academy, Authority, Contact, Directory, RosterPerson
from bot.hours import Opening, Status, london, opposite, status

_EMERGENCY = "999"
_OPEN = (Status.OPEN, Status.ALWAYS)
_FOR_STAFF = frozenset({"staff", "child"})
_ROLE_NAMES = {
    "dsl": "DSL",
    "deputy": "deputy DSL",
    "on_call": "on call now",
    "head": "headteacher",
    "chair": "chair of governors",
    "trust_lead": "the trust's safeguarding lead",
}
_NOBODY = "No safeguarding lead's number is known here. Go and find one, or ring children's services yourself."


@dataclass(frozen=True, slots=True)
class Number:
    """A service that can be rung, as it is at the minute `at`; times in UTC.

    `verified_on` is a date or "never"; `note` says in plain words when the number is stale or not verified.
    """

    name: str
    phone: str
    status: Status
    at: datetime
    what_for: str = ""
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    source: tuple[str, ...] = ()
    verified_on: str = "never"
    note: str = ""
    audience: str = "staff"


def numbers(
    directory: Directory, at: datetime, *, academy: str | None = None, authority: str | None = None
) -> tuple[Number, ...]:
    """Everything that can be rung at `at`: 999, then what is open, then what is not known, then what is shut.

    `authority` is the council the child lives in, which decides (N-24); with none, or one that is not in the file, the
    lines of all are given, those of the academy's own council first.
    """
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    return _in_the_minute(_Asked(id(directory), minute, academy, authority, directory))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The same directory, asked the same in the same minute, has the same answer."""

    directory_id: int
    at: datetime
    academy: str | None
    authority: str | None
    directory: Directory = field(compare=False)


@lru_cache(maxsize=64)
def _in_the_minute(asked: _Asked) -> tuple[Number, ...]:
    directory, at, academy, authority = asked.directory, asked.at, asked.academy, asked.authority
    councils = _councils(directory, academy, authority)
    local = dict.fromkeys(id for council in councils for id in council.contacts)
    wide = dict.fromkeys(id for id in directory.trust_contacts if id not in local)
    ranked = [_ranked(directory, id, at, local=True) for id in local]
    ranked += [_ranked(directory, id, at, local=False) for id in wide]
    ringable = [(rank, number) for rank, number in ranked if number.phone]
    if all(number.phone != _EMERGENCY for _, number in ringable):
        ringable.append((0, _emergency(at)))
    return tuple(number for _, number in sorted(ringable, key=lambda pair: pair[0]))


def for_staff(every: Iterable[Number]) -> tuple[Number, ...]:
    """Those that a member of staff with a child beside them may need; the others are for leads, parents and adults."""
    return tuple(number for number in every if number.audience in _FOR_STAFF)


def lines(shown: Iterable[Number]) -> tuple[str, ...]:
    """One line for each number, in the time that people here read."""
    return tuple(_line(number) for number in shown)


def to_json(shown: Iterable[Number]) -> str:
    """A JSON list; times carry London's offset of that day."""
    return json.dumps([_plain(number) for number in shown], indent=2, ensure_ascii=False)


def lead_numbers(
    directory: Directory, academy: str | None, at: datetime, exclude: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Which safeguarding leads to ring now, in order, without the people whose ids are in `exclude` (N-18).

    With nobody left it goes on to the head, the chair and the trust; with no academy it names every academy's DSL.
    """
    known = directory.academy(academy or "")
    if not known:
        return _anywhere(directory, exclude)
    first = _leads_now(directory, known, at)
    last = _named(directory, known, ("head", "chair", "trust_lead"))
    return _telephones(first, exclude) or _telephones(last, exclude) or (_NOBODY,)


def emergency_lines(directory: Directory, academy: str | None) -> tuple[str, ...]:
    """What is said when nothing else works: 999 and the telephones of the leads, whatever the time."""
    known = directory.academy(academy or "")
    leads = _telephones(_named(directory, known, ("dsl", "deputy")), frozenset()) if known else ()
    return ("If a child is in danger now, ring 999.", *(leads or _anywhere(directory, frozenset())))


def opening(directory: Directory, contact: Contact, at: datetime) -> Opening:
    """The state of a contact; one that takes over from another is open exactly while that one is shut."""
    daytime = directory.contact(contact.when_closed or "")
    return opposite(status(daytime.hours, at)) if daytime else status(contact.hours, at)


def _emergency(at: datetime) -> Number:
    """In every list, even when the trust's file forgets it (S2-121)."""
    return Number(
        name="Emergency services",
        phone=_EMERGENCY,
        status=Status.ALWAYS,
        at=at,
        what_for="A child is in danger now.",
        source=("S2-121",),
        verified_on="2019-09-01",
    )


def _councils(directory: Directory, academy: str | None, authority: str | None) -> Sequence[Authority]:
    home = directory.authority(authority or "")
    if home:
        return (home,)
    school = directory.academy(academy or "")
    return sorted(directory.authorities, key=lambda council: not school or council.id != school.authority)


def _ranked(directory: Directory, id: str, at: datetime, *, local: bool) -> tuple[int, Number]:
    contact = directory.contact(id)
    assert contact is not None  # held by bot.trust_checks
    number = _number(contact, opening(directory, contact, at), at)
    return _rank(contact, number.status, local), number


def _rank(contact: Contact, state: Status, local: bool) -> int:
    if contact.phone == _EMERGENCY:
        return 0
    if state in _OPEN:
        return (2 if contact.when_closed else 1) if local else 3
    if state is Status.UNKNOWN:
        return 4
    return 5 if local else 6


def _number(contact: Contact, now: Opening, at: datetime) -> Number:
    return Number(
        name=contact.name,
        phone=contact.phone,
        status=now.status,
        at=at.astimezone(UTC),
        what_for=contact.what_for,
        opens_at=now.opens_at,
        closes_at=now.closes_at,
        source=contact.source,
        verified_on=str(contact.verified_on),
        note=_note(contact, at),
        audience=contact.audience,
    )


def _note(contact: Contact, at: datetime) -> str:
    said = [contact.unverified] if contact.unverified else []
    if contact.verified_on == "never":
        said.insert(0, "Not checked yet.")
    elif at.astimezone(london()).date() > contact.verify_by:
        said.insert(0, f"Last checked on {long_date(contact.verified_on)}.")
    return " ".join(said)


def long_date(day: date) -> str:
    """A date as people write it: `1 September 2019`."""
    return f"{day.day} {day:%B %Y}"


def _line(number: Number) -> str:
    note = f" ({number.note})" if number.note else ""
    return f"{number.name}: {number.phone}, {_state(number)}{note}"


def _state(number: Number) -> str:
    match number.status:
        case Status.ALWAYS:
            return "always open"
        case Status.UNKNOWN:
            return "opening hours not known"
        case Status.OPEN:
            return f"open until {_when(number.closes_at, number.at)}" if number.closes_at else "open now"
        case Status.CLOSED:
            return f"closed, opens {_when(number.opens_at, number.at)}" if number.opens_at else "closed"


def _when(moment: datetime, at: datetime) -> str:
    there, here = moment.astimezone(london()), at.astimezone(london())
    days = (there.date() - here.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"on {there:%A} {there.day} {there:%B}")
    return f"{there:%H:%M} {day}"


def _plain(number: Number) -> dict[str, object]:
    return {
        "name": number.name,
        "phone": number.phone,
        "status": number.status.value,
        "opens_at": _iso(number.opens_at),
        "closes_at": _iso(number.closes_at),
        "source": list(number.source),
        "verified_on": number.verified_on,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(london()).isoformat() if moment else None


Part = tuple[RosterPerson, str]


def _leads_now(directory: Directory, academy: Academy, at: datetime) -> tuple[Part, ...]:
    duty = directory.on_call(academy.id, at)
    on_call = ((duty, f"{_ROLE_NAMES['on_call']} for {academy.name}"),) if duty else ()
    team = _named(directory, academy, ("dsl", "deputy"))
    return (*team, *on_call) if directory.in_school_hours(academy.id, at) else (*on_call, *team)


def _named(directory: Directory, academy: Academy, roles: Iterable[str]) -> tuple[Part, ...]:
    return tuple(
        (person, _ROLE_NAMES[role] if role == "trust_lead" else f"{_ROLE_NAMES[role]} at {academy.name}")
        for role in roles
        for person in directory.holders(academy.id, role)
    )


def _anywhere(directory: Directory, exclude: frozenset[str]) -> tuple[str, ...]:
    leads = [part for academy in directory.academies for part in _named(directory, academy, ("dsl",))]
    leads.append((directory.trust.lead, _ROLE_NAMES["trust_lead"]))
    return _telephones(leads, exclude) or (_NOBODY,)


def _telephones(parts: Iterable[Part], exclude: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"{person.name}, {part}: {person.phone}" for person, part in _once(parts, exclude) if person.phone)


def _once(parts: Iterable[Part], exclude: frozenset[str]) -> Iterator[Part]:
    """Each person the first time they are named, and never one who is left out."""
    seen = set(exclude)
    for person, part in parts:
        if person.id not in seen:
            seen.add(person.id)
            yield person, part

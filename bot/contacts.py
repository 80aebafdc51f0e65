"""Whom to ring now: which services are open at this minute, and which safeguarding lead has a telephone.

Pure: a directory and a time go in, lines come out, and never none. No case and nothing anybody wrote may enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

from bot.directory import Academy, Authority, Contact, Directory, RosterPerson
from bot.hours import Opening, Status, london, opposite, status
from bot.number import Number, lines, long_date, to_json, to_ring

__all__ = [
    "Number",
    "emergency_lines",
    "for_staff",
    "joined",
    "lado",
    "lead_numbers",
    "lines",
    "long_date",
    "numbers",
    "opening",
    "to_json",
    "to_ring",
]

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


def numbers(
    directory: Directory, at: datetime, *, academy: str | None = None, authority: str | None = None
) -> tuple[Number, ...]:
    """Everything there is at `at`: 999, then what is open, then what is not known, then what is shut.

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
    if all(number.phone != _EMERGENCY for _, number in ranked):
        ranked.append((0, _emergency(at)))
    return tuple(number for _, number in sorted(ranked, key=lambda pair: pair[0]))


def answering(directory: Directory, at: datetime, authority: str | None) -> tuple[str, ...]:
    """The lines for a member of staff of what answers now, for a child who lives in that council's area."""
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    return _answering(_Asked(id(directory), minute, None, authority, directory))


@lru_cache(maxsize=64)
def _answering(asked: _Asked) -> tuple[str, ...]:
    every = for_staff(_in_the_minute(asked))
    return lines(number for number in every if number.status is not Status.CLOSED)


def for_staff(every: Iterable[Number]) -> tuple[Number, ...]:
    """The few that a member of staff with a child beside them may need now.

    999, the social care that answers, the police, and a telephone for the child; the rest is in the full list.
    """
    shown = (replace(number, email="") for number in every if _is_for_now(number))
    return joined(shown)


def joined(shown: Iterable[Number]) -> tuple[Number, ...]:
    """One line for an agency's telephone whose advice says whom to ask for: those it speaks of are left out (C-16)."""
    every = tuple(shown)
    advised = {(number.phone, number.agency) for number in every if number.advised and number.phone}
    return tuple(number for number in every if number.advised or (number.phone, number.agency) not in advised)


def lado(directory: Directory, authority: str | None, academy: str | None, at: datetime) -> tuple[Number, ...]:
    """The designated officer (N-18) of `authority`, else of the academy's own council, else of every council.

    Nothing when the trust's file names none.
    """
    school = directory.academy(academy or "")
    council = directory.authority(authority or "") or directory.authority(school.authority if school else "")
    councils = (council,) if council else directory.authorities
    found = (directory.contact(council.lado or "") for council in councils)
    return tuple(_number(contact, opening(directory, contact, at), at) for contact in dict.fromkeys(found) if contact)


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
        what_for="In danger now",
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
        note=_note(contact),
        audience=contact.audience,
        agency=contact.agency or "",
        email=contact.email,
        web=contact.web,
        stale=contact.verified_on != "never" and at.astimezone(london()).date() > contact.verify_by,
        advised=bool(contact.advice),
        probably_closed=contact.probably_closed,
    )


def _note(contact: Contact) -> str:
    unchecked = "Not verified." if contact.verified_on == "never" else ""
    return " ".join(filter(None, (contact.advice, unchecked, contact.unverified)))


def _is_for_now(number: Number) -> bool:
    """A telephone that nobody has checked is in the full list only, unless it is known to be open."""
    if number.status is Status.UNKNOWN and number.verified_on == "never":
        return False
    return bool(number.phone) and number.audience in _FOR_STAFF and number.status is not Status.CLOSED


Part = tuple[RosterPerson, str]


def _leads_now(directory: Directory, academy: Academy, at: datetime) -> tuple[Part, ...]:
    duty = directory.on_call(academy.id, at)
    team = _named(directory, academy, ("dsl", "deputy"))
    if directory.in_school_hours(academy.id, at):
        return (*team, *(((duty, _by_day(directory, duty)),) if duty else ()))
    on_call = ((duty, f"{_ROLE_NAMES['on_call']} for {academy.name}"),) if duty else ()
    return (*on_call, *team)


def _by_day(directory: Directory, person: RosterPerson) -> str:
    """Nobody is "on call" while the school is open: their own part is said."""
    return _ROLE_NAMES["trust_lead"] if person == directory.trust.lead else person.title


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

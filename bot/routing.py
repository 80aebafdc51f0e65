"""Where a case goes, who may open it, and who is tried next. Pure; people are known by the roster alone.

It never goes to a person it is about: not in a post, a list, a rung or a view (N-18, T52). What anybody wrote never
enters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.case import Case, Rung
from bot.directory import Directory, RosterPerson, RungRule
from bot.facts import StaffRole
from bot.message import Destination, Person, Reach

_TEAM = ("dsl", "deputy")
_PAST_THE_TEAM = ("head", "chair")
_ROLES_READ_OUT = ("dsl", "deputy", "on_call", "head", "chair", "trust_lead")
_BY_ANSWER = {StaffRole.HEAD: "head", StaffRole.DSL: "dsl", StaffRole.DEPUTY: "deputy", StaffRole.CHAIR: "chair"}


@dataclass(frozen=True, slots=True)
class Route:
    """`channel` is the academy's own, or None when the case goes past it; `whom` names who has it, by role."""

    channel: Destination | None
    ladder: tuple[Rung, ...]
    whom: str

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Where the handoff itself goes: the channel, and everybody on the first rung one to one."""
        first = self.ladder[0].destinations if self.ladder else ()
        return tuple(dict.fromkeys((*((self.channel,) if self.channel else ()), *first)))


def concerns_staff(case: Case) -> bool:
    """Whether the case goes past the usual team: an adult who works there is or may be concerned (N-18)."""
    return not case.shared and case.staff != frozenset({StaffRole.NONE})


def implicated(directory: Directory, case: Case) -> frozenset[str]:
    """The roster ids of everybody who holds a part that was named; at every academy while the academy is unknown."""
    roles = [_BY_ANSWER[StaffRole(answer)] for answer in case.staff if answer in _BY_ANSWER]
    academies = [case.academy] if case.academy else [academy.id for academy in directory.academies]
    return frozenset(p.id for role in roles for a in academies for p in directory.holders(a, role))


def route(directory: Directory, case: Case, doors: Sequence[str], at: datetime) -> Route:
    """Where the case is to go now. `doors` are the platforms in use, the reporter's first."""
    if case.unscreened:
        return _to_the_named(directory, doors)
    staff = concerns_staff(case)
    ladder = _ladder(directory, case, doors, at)
    channel = None if staff else _channel(directory, case, doors)
    if implicated(directory, case) & _team_of(directory, case):
        channel = None
    whom = "team" if channel else (ladder[0].role if ladder else "nobody")
    return Route(channel, ladder, whom)


def readers(directory: Directory, case: Case) -> frozenset[str]:
    """The roster ids of everybody who may open the case at this moment, from the roster as it stands (I7)."""
    if case.unscreened:
        named = directory.trust.unscreened
        return frozenset({named.id} if named else ())
    usual = _PAST_THE_TEAM[:1] if concerns_staff(case) else (*_TEAM, "on_call")
    reached = {person for rung in case.ladder[: case.rung + 1] for person in rung.people}
    held = {p.id for role in usual for p in directory.holders(case.academy, role)}
    return frozenset((held | (reached & _on_the_roster(directory, case))) - implicated(directory, case))


def may_read(directory: Directory, case: Case, who: Person) -> RosterPerson | None:
    """The person on the roster that this is, if they may open and act on the case now, else None."""
    person = directory.person_at(who)
    return person if person and person.id in readers(directory, case) else None


def allowed_in_channel(directory: Directory, case: Case, door: str) -> frozenset[str]:
    """The keys of the people who may be there when something of this case is posted on that door (I4)."""
    people = (directory.person(id) for id in _on_the_roster(directory, case) - implicated(directory, case))
    return frozenset(Person(door, person.ids[door]).key for person in people if door in person.ids)


def role_of(directory: Directory, case: Case, person: RosterPerson) -> str:
    """The part a person plays in the case, for a sentence: the first they hold of DSL, deputy, on call, head, chair."""
    held = directory.roles(case.academy, person.id)
    if case.unscreened and not held:
        return "unscreened"
    return next((role for role in _ROLES_READ_OUT if role in held), "trust_lead")


def blind_destinations(directory: Directory, academy: str, doors: Sequence[str]) -> tuple[Destination, ...]:
    """Where a notice without words goes: the academy's channel, or the trust's lead one to one."""
    for door in doors:
        if channel := directory.channel(academy, door):
            return (Destination(door, Reach.CHANNEL, channel),)
    return _addresses((directory.trust.lead,), doors)


def _to_the_named(directory: Directory, doors: Sequence[str]) -> Route:
    named = directory.trust.unscreened
    ladder = (_rung("unscreened", (named,), doors, RungRule(to="trust_lead", minutes=10)),) if named else ()
    return Route(None, ladder, "unscreened" if named else "nobody")


def _channel(directory: Directory, case: Case, doors: Sequence[str]) -> Destination | None:
    for door in doors:
        id = directory.channel(case.academy, door) if case.academy else directory.trust.channel.get(door, "")
        if id:
            return Destination(door, Reach.CHANNEL, id)
    return None


def _ladder(directory: Directory, case: Case, doors: Sequence[str], at: datetime) -> tuple[Rung, ...]:
    """The rungs that still have somebody on them once the people it is about are taken away; an empty one is skipped.

    An unknown academy goes to the trust's lead, never to the first of a list (T51).
    """
    rules = directory.ladder(case.academy, at, concerns_staff(case))
    away = implicated(directory, case)
    rungs = [_rung(_role(rule), _people(directory, case, rule, at, away), doors, rule) for rule in rules]
    if not concerns_staff(case) or not case.academy:
        last = RungRule(to="trust_lead", minutes=10)
        rungs.append(_rung("trust_lead", _people(directory, case, last, at, away), doors, last))
    return _without_repeats(rung for rung in rungs if rung.destinations)


def _people(
    directory: Directory, case: Case, rule: RungRule, at: datetime, away: frozenset[str]
) -> tuple[RosterPerson, ...]:
    if rule.to == "on_call":
        duty = directory.on_call(case.academy, at)
        found: tuple[RosterPerson, ...] = (duty,) if duty else ()
    else:
        found = directory.holders(case.academy, rule.to)
    return tuple(person for person in found if person.id not in away)


def _rung(role: str, people: Sequence[RosterPerson], doors: Sequence[str], rule: RungRule) -> Rung:
    urgent = rule.minutes if rule.urgent_minutes is None else rule.urgent_minutes
    return Rung(role, tuple(p.id for p in people), _addresses(people, doors), rule.minutes, urgent)


def _role(rule: RungRule) -> str:
    return "deputy" if rule.to == "deputies" else rule.to


def _without_repeats(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    kept: list[Rung] = []
    for rung in rungs:
        if not any(rung.people == before.people for before in kept):
            kept.append(rung)
    return tuple(kept)


def _addresses(people: Iterable[RosterPerson], doors: Sequence[str]) -> tuple[Destination, ...]:
    return tuple(address for person in people if (address := _address(person, doors)))


def _address(person: RosterPerson, doors: Sequence[str]) -> Destination | None:
    return next((Destination(door, Reach.PERSON, person.ids[door]) for door in doors if door in person.ids), None)


def _team_of(directory: Directory, case: Case) -> frozenset[str]:
    return frozenset(p.id for role in _TEAM for p in directory.holders(case.academy, role))


def _on_the_roster(directory: Directory, case: Case) -> frozenset[str]:
    held = {p.id for role in _ROLES_READ_OUT for p in directory.holders(case.academy, role)}
    named = directory.trust.unscreened
    return frozenset(held | {directory.trust.lead.id} | ({named.id} if named else set()))

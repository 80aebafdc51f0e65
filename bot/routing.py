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
_PAST_THE_TEAM = ("head",)
_ROLES_READ_OUT = ("dsl", "deputy", "on_call", "head", "chair", "trust_lead")
_BY_ANSWER = {StaffRole.HEAD: "head", StaffRole.DSL: "dsl", StaffRole.DEPUTY: "deputy", StaffRole.CHAIR: "chair"}
_LAST = RungRule(to="trust_lead", minutes=10, urgent_minutes=3)
_THE_TEAM, NOBODY = "team", "nobody"


@dataclass(frozen=True, slots=True)
class Route:
    """`channel` is the academy's own, or None when the case goes past it; `whom` names who is to have it, by role."""

    channel: Destination | None
    ladder: tuple[Rung, ...]
    whom: str

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Where the handoff itself goes: the channel, and everybody on the first rung one to one."""
        first = self.ladder[0].destinations if self.ladder else ()
        return tuple(dict.fromkeys((*((self.channel,) if self.channel else ()), *first)))


@dataclass(frozen=True, slots=True)
class Turn:
    """Whom a rule of the ladder means at this moment; reachable on a platform or by telephone alone."""

    role: str
    people: tuple[RosterPerson, ...]
    rule: RungRule


def concerns_staff(case: Case) -> bool:
    """Whether the case goes past the usual team: an adult who works there is or may be concerned (N-18)."""
    return not case.shared and case.staff != frozenset({StaffRole.NONE})


def implicated(directory: Directory, case: Case) -> frozenset[str]:
    """The roster ids of everybody the case is about: as frozen when it was answered, else as the roster stands."""
    return holders_named(directory, case) if case.implicated is None else case.implicated


def holders_named(directory: Directory, case: Case) -> frozenset[str]:
    """Everybody who now holds a part that was named; at every academy while the academy is unknown."""
    roles = [_BY_ANSWER[StaffRole(answer)] for answer in case.staff if answer in _BY_ANSWER]
    academies = [case.academy] if case.academy else [academy.id for academy in directory.academies]
    return frozenset(p.id for role in roles for a in academies for p in directory.holders(a, role))


def route(directory: Directory, case: Case, doors: Sequence[str], at: datetime) -> Route:
    """Where the case is to go now. `doors` are the platforms in use, the reporter's first."""
    channel = None if case.unscreened or concerns_staff(case) else _channel(directory, case, doors)
    turns = in_turn(directory, case, at)
    ladder = tuple(rung for turn in turns if (rung := _rung(turn, doors)).destinations)
    if channel:
        return Route(channel, ladder or (_alone(channel),), _THE_TEAM)
    first = [rung.role for rung in ladder] or [turn.role for turn in turns]
    return Route(None, ladder, first[0] if first else NOBODY)


def in_turn(directory: Directory, case: Case, at: datetime) -> tuple[Turn, ...]:
    """Everybody to be tried, in order, each person once and nobody the case is about; a rung without people is skipped.

    An unknown academy goes to the trust's lead, never to the first of a list (T51).
    """
    if case.unscreened:
        named = opener(directory, case)
        return (Turn("unscreened", (named,), _LAST),) if named else ()
    turns, seen = list[Turn](), set(implicated(directory, case))
    for rule in _rules(directory, case, at):
        people = tuple(person for person in _people(directory, case, rule, at) if person.id not in seen)
        seen |= {person.id for person in people}
        turns += [Turn("deputy" if rule.to == "deputies" else rule.to, people, rule)] if people else []
    return tuple(turns)


def opener(directory: Directory, case: Case) -> RosterPerson | None:
    """The person who may open what nobody has screened yet, unless what was answered so far points to them."""
    named = directory.trust.unscreened
    return named if named and named.id not in implicated(directory, case) else None


def is_asked_to_open(directory: Directory, case: Case, doors: Sequence[str]) -> bool:
    """Whether somebody may open what nobody has screened yet, and can be asked to on one of these doors."""
    named = opener(directory, case)
    return bool(named and addresses((named,), doors))


def readers(directory: Directory, case: Case) -> frozenset[str]:
    """The roster ids of everybody who may open the case at this moment, from the roster as it stands (I7)."""
    if case.unscreened:
        named = opener(directory, case)
        return frozenset({named.id} if named else ())
    usual = _PAST_THE_TEAM if concerns_staff(case) else (*_TEAM, "on_call")
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


def blind_destinations(directory: Directory, case: Case, doors: Sequence[str]) -> tuple[Destination, ...]:
    """Where a notice without words goes: the academy's channel, or the trust's lead one to one."""
    for door in doors:
        if channel := directory.channel(case.academy, door):
            return (Destination(door, Reach.CHANNEL, channel),)
    return blind_last_resort(directory, case, doors)


def blind_last_resort(directory: Directory, case: Case, doors: Sequence[str]) -> tuple[Destination, ...]:
    """The trust's lead one to one, unless what was answered so far points to them."""
    lead = directory.trust.lead
    return () if lead.id in implicated(directory, case) else addresses((lead,), doors)


def team(directory: Directory, case: Case, doors: Sequence[str]) -> tuple[Destination, ...]:
    """Where the usual team is reached one to one: the DSL and deputies, and nobody it is about. None past the team."""
    if case.unscreened or concerns_staff(case):
        return ()
    held = (person for role in _TEAM for person in directory.holders(case.academy, role))
    away = implicated(directory, case)
    return tuple(dict.fromkeys(addresses((person for person in held if person.id not in away), doors)))


def addresses(people: Iterable[RosterPerson], doors: Sequence[str]) -> tuple[Destination, ...]:
    """Where each person is reached one to one, on the first of the doors that knows them."""
    return tuple(address for person in people if (address := _address(person, doors)))


def _channel(directory: Directory, case: Case, doors: Sequence[str]) -> Destination | None:
    for door in doors:
        id = directory.channel(case.academy, door) if case.academy else directory.trust.channel.get(door, "")
        if id:
            return Destination(door, Reach.CHANNEL, id)
    return None


def _rules(directory: Directory, case: Case, at: datetime) -> tuple[RungRule, ...]:
    staff = concerns_staff(case)
    rules = directory.ladder(case.academy, at, staff)
    return rules if staff and case.academy else (*rules, _LAST)


def _people(directory: Directory, case: Case, rule: RungRule, at: datetime) -> tuple[RosterPerson, ...]:
    if rule.to != "on_call":
        return directory.holders(case.academy, rule.to)
    duty = directory.on_call(case.academy, at)
    return (duty,) if duty else ()


def _rung(turn: Turn, doors: Sequence[str]) -> Rung:
    rule = turn.rule
    urgent = rule.minutes if rule.urgent_minutes is None else rule.urgent_minutes
    return Rung(turn.role, tuple(p.id for p in turn.people), addresses(turn.people, doors), rule.minutes, urgent)


def _alone(channel: Destination) -> Rung:
    """The academy's channel where nobody of the ladder can be reached one to one."""
    return Rung(_THE_TEAM, (), (channel,), _LAST.minutes, _LAST.urgent_minutes or _LAST.minutes)


def _address(person: RosterPerson, doors: Sequence[str]) -> Destination | None:
    return next((Destination(door, Reach.PERSON, person.ids[door]) for door in doors if door in person.ids), None)


def _on_the_roster(directory: Directory, case: Case) -> frozenset[str]:
    held = {p.id for role in _ROLES_READ_OUT for p in directory.holders(case.academy, role)}
    named = directory.trust.unscreened
    return frozenset(held | {directory.trust.lead.id} | ({named.id} if named else set()))

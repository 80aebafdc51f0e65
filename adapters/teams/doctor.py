"""`handrail doctor`: whether a school's Teams is set up as it must be, in plain English, before anybody relies on it.

It changes nothing, and posts nothing but the one button it is asked for. Nothing secret may be said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.findings import Finding, Level, is_well
from adapters.teams.addresses import Shelf
from adapters.teams.connector import open_session
from adapters.teams.credentials import AppTokens
from adapters.teams.doctor_app import Login, of_login, of_signing
from adapters.teams.doctor_keys import FURTHER, Keys, Microsoft, of_keys
from adapters.teams.doctor_people import Roster
from adapters.teams.doctor_press import RoundTrip, nobody, not_tried
from adapters.teams.doctor_rule import of_rule
from adapters.teams.doctor_trust import Asked, Looks, of_books
from adapters.teams.sdk import hush
from adapters.teams.tenant import School, Tenant, Way
from adapters.teams.us import DOOR
from bot.ports import Clock

__all__ = ["Asked", "Finding", "Keys", "Microsoft", "Shown", "examine"]


@dataclass(frozen=True)
class Shown:
    """What the doctor works with: the sentences under `doubt.`, where it tells how it goes, and the time."""

    say: Callable[[str], str]
    told: Callable[[str], None]
    clock: Clock


async def examine(keys: Keys, asked: Asked, shown: Shown) -> list[Finding]:
    """Everything that can be found out, in the order in which it is to be put right. Never raises for what Microsoft
    does.

    Where what comes first is not good, what can only be seen through it is not looked at, and nothing is guessed.
    """
    found = of_keys(keys)
    if any(finding.level is Level.WRONG and finding.about != FURTHER for finding in found):
        return found
    hush()
    async with open_session() as session:
        login = Login(keys)
        way = Way(keys.us, keys.urls, AppTokens(login), keys.microsoft.endpoints)
        let_in = await of_login(keys, way.tokens, login)
        found += [*let_in, *await of_signing(session, way.endpoints.openid, shown.clock.now)]
        if asked.shelf is None:
            return [*found, of_books(asked.shut)]
        looks = Looks(Tenant(session, way, _school(asked, asked.shelf)), asked, shown.say, shown.clock)
        heard = await looks.books()
        found.append(heard)
        if is_well([*let_in, heard]):
            found += await _of_the_trust(looks)
            found.append(await _press(RoundTrip(looks.tenant, asked.shelf, shown.clock, shown.told), asked))
        return found


async def _of_the_trust(looks: Looks) -> list[Finding]:
    roster, rule = Roster(looks), looks.asked.directory.trust.staff.teams
    found = [finding async for finding in looks.channels()]
    found += [finding async for finding in roster.all()]
    return found + [finding async for finding in of_rule(looks.tenant, rule, roster.reached)]


async def _press(trip: RoundTrip, asked: Asked) -> Finding:
    if not asked.press:
        return not_tried()
    who = (person for person in asked.directory.people if person.id == asked.press and DOOR in person.ids)
    person = next(who, None)
    return await trip.with_person(person) if person else nobody(asked.press)


def _school(asked: Asked, shelf: Shelf) -> School:
    """Whose people nobody asks about here: each is looked at for what Teams says of them."""
    return School(shelf, lambda: asked.directory.trust.staff.teams, lambda _: False, lambda _: False)

"""Who somebody is, as Teams and the trust's own rule have it: a name for the lead to read, and whether they are staff.

Pupils have accounts of the same tenant. No right to read a case may ever follow from what is found here (T16).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from adapters.teams.addresses import Address
from adapters.teams.connector import Connector
from adapters.teams.graph import Groups
from adapters.teams.members import account_id, address_of, is_outside
from adapters.teams.us import Json, Us
from bot.errors import HandrailError
from bot.staff import Account, Standing, groups_asked, standing
from bot.trust import StaffRule

KEPT_SECONDS = 600.0
PATIENCE_SECONDS = 1.5
"""Words wait for an answer no longer than this."""

_MOST_KEPT = 5000


@dataclass(frozen=True, slots=True)
class Known:
    """A display name, and whether they are a guest or a pupil (T19, T50), or nobody can say whether they are staff."""

    name: str
    outside: bool = False
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look-up found, with the groups that it asked for."""

    name: str
    account: Account
    asked: tuple[str, ...]


@dataclass
class People:
    """The people of one tenant, looked up once in ten minutes. The rule is read anew each time; `roster` knows whom the
    trust's file names, by their object id."""

    connector: Connector
    graph: Groups
    rule: Callable[[], StaffRule]
    roster: Callable[[str], bool]
    us: Us
    seconds: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[float, _Found]] = field(init=False, default_factory=dict)

    async def known(self, person_id: str, address: Address, name: str = "") -> Known:
        """Who that is, by their object id in Entra, in the conversation where they spoke; `name` is what Teams called
        them there. Whom the trust names itself is staff. When it cannot be found out, nobody can say, and they are not
        outside: nobody's words are lost because a look-up failed.
        """
        rule, person_id = self.rule(), person_id.lower()
        if self.roster(person_id):
            return Known(name)
        named = standing(rule, Account(person_id))
        if named is not Standing.UNVERIFIED:
            return _as(named, name)
        found = await self._found(person_id, address, rule)
        return _as(standing(rule, found.account), name or found.name) if found else _as(named, name)

    async def _found(self, person_id: str, address: Address, rule: StaffRule) -> _Found | None:
        now, asked = self.seconds(), groups_asked(rule)
        until, kept = self._kept.get(person_id, (0.0, None))
        if kept and until > now and kept.asked == asked:
            return kept
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await self._looked_up(person_id, address, rule)
        except (HandrailError, TimeoutError):
            return None
        if found:
            self._keep(person_id, now, found)
        return found

    async def _looked_up(self, person_id: str, address: Address, rule: StaffRule) -> _Found | None:
        member = await self.connector.member(address, address.person or person_id)
        if account_id(member) != person_id:
            return None
        account, asked = account_of(member, self.us), groups_asked(rule)
        if asked and standing(rule, account) is Standing.UNVERIFIED:
            account = replace(account, groups=await self.graph.groups_of(person_id, asked))
        return _Found(_name_of(member), account, asked)

    def _keep(self, person_id: str, now: float, found: _Found) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[person_id] = (now + KEPT_SECONDS, found)


def account_of(member: Json, us: Us) -> Account:
    """What Teams says of somebody's account; of their groups it says nothing."""
    return Account(account_id(member), address_of(member), is_outside(member, us))


def _name_of(member: Json) -> str:
    name = member.get("name")
    return name if isinstance(name, str) else ""


def _as(found: Standing, name: str) -> Known:
    return Known(name, outside=found is Standing.OUTSIDE, unverified=found is Standing.UNVERIFIED)

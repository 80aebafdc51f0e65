"""Who is staff, by the trust's own rule, from what a platform says of somebody's account. Pure.

A display name is no proof of anything (T16). Nobody is looked up here, and no right to read a case follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.trust import StaffRule


@dataclass(frozen=True, slots=True)
class Account:
    """What a platform says of somebody. `address` is the name they sign in with; `groups` are those of the rule that
    they belong to, or None when that could not be found out.
    """

    id: str
    address: str = ""
    guest: bool = False
    groups: frozenset[str] | None = None


class Standing(StrEnum):
    """STAFF: known to be. OUTSIDE: known not to be. UNVERIFIED: nobody can say."""

    STAFF = "staff"
    OUTSIDE = "outside"
    UNVERIFIED = "unverified"


def standing(rule: StaffRule, account: Account) -> Standing:
    """What the rule makes of an account (T19).

    Somebody the rule names is what it names them; then a guest or a pupil is outside, whatever else they are. Where it
    cannot be found out whether they are a pupil, nobody can say.
    """
    if _is_in(account.id, rule.people):
        return Standing.STAFF
    if account.guest or _is_in(account.id, rule.pupils) or _is_at(account, rule.pupil_domains):
        return Standing.OUTSIDE
    if rule.pupil_groups and account.groups is None:
        return Standing.UNVERIFIED
    groups = account.groups or frozenset()
    if any(_is_in(group, rule.pupil_groups) for group in groups):
        return Standing.OUTSIDE
    staff = _is_at(account, rule.domains) or any(_is_in(group, rule.groups) for group in groups)
    return Standing.STAFF if staff else Standing.UNVERIFIED


def groups_asked(rule: StaffRule) -> tuple[str, ...]:
    """The groups that have to be looked up for the rule."""
    return (*rule.groups, *rule.pupil_groups)


def _is_in(id: str, ids: tuple[str, ...]) -> bool:
    return bool(id) and id.casefold() in {other.casefold() for other in ids}


def _is_at(account: Account, domains: tuple[str, ...]) -> bool:
    name, at, domain = account.address.rpartition("@")
    return bool(name and at) and _is_in(domain, domains)

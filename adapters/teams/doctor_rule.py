"""The doctor on the trust's rule of who is staff: does it speak of anybody, and can it be followed?

Nobody's standing is decided here, and no group is looked into but those that the rule names.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from adapters.findings import Finding, Level
from adapters.teams.members import address_of
from adapters.teams.refusals import FORBIDDEN, NOT_THERE, status_of
from adapters.teams.tenant import Tenant
from adapters.teams.us import DOOR
from bot.directory import RosterPerson
from bot.errors import HandrailError
from bot.message import Destination, Reach
from bot.staff import groups_asked
from bot.trust import StaffRule

ABOUT = "who is staff"

_PERMISSIONS = (
    "In Entra: App registrations, the app, API permissions, Add a permission, Microsoft Graph, Application "
    "permissions, User.Read.All and GroupMember.Read.All; then Grant admin consent. Or use domains instead of groups."
)


async def of_rule(tenant: Tenant, rule: StaffRule, reached: Sequence[RosterPerson]) -> AsyncIterator[Finding]:
    """What is to be said of the rule, tried on `reached`: people of the roster whom Teams knows."""
    if not (rule.people or rule.domains or rule.groups):
        yield _nobody_is_staff()
    if groups := groups_asked(rule):
        yield await _of_groups(tenant, groups, reached)
    if rule.domains or rule.pupil_domains:
        for finding in _of_domains(rule, [await _domain(tenant, person) for person in reached]):
            yield finding


def _nobody_is_staff() -> Finding:
    sentence = "the trust’s file says of nobody that they are staff: every report is marked as not confirmed."
    do = 'Under [staff.teams] write the domains that staff sign in with, such as domains = ["staff.example.org"].'
    return Finding(Level.WARN, ABOUT, sentence, do)


async def _of_groups(tenant: Tenant, groups: tuple[str, ...], reached: Sequence[RosterPerson]) -> Finding:
    if not reached:
        sentence = "whether groups can be looked up was not tried, as nobody of the roster is reached."
        return Finding(Level.WARN, ABOUT, sentence, "Run the doctor again when somebody is.")
    try:
        await tenant.graph.groups_of(reached[0].ids[DOOR], groups)
    except HandrailError as fault:
        return _not_looked_up(status_of(fault), str(fault))
    return Finding(Level.OK, ABOUT, f"the rule’s groups can be looked up ({len(groups)} of them).")


def _not_looked_up(status: int, reason: str) -> Finding:
    if status == FORBIDDEN:
        sentence = "Handrail may not look groups up: User.Read.All and GroupMember.Read.All are not granted."
        return Finding(Level.WRONG, ABOUT, sentence, _PERMISSIONS)
    do = "Compare the groups under [staff.teams] with their object ids in Entra." if status in (400, *NOT_THERE) else ""
    sentence = f"the rule’s groups could not be looked up ({reason})."
    return Finding(Level.WRONG, ABOUT, sentence, do or "Run the doctor again in a minute.")


async def _domain(tenant: Tenant, person: RosterPerson) -> str:
    """What follows the @ of somebody's sign-in name, or ''."""
    try:
        address = await tenant.addresses.of(Destination(DOOR, Reach.PERSON, person.ids[DOOR]))
        member = await tenant.connector.member(address, address.person or person.ids[DOOR]) if address else {}
    except HandrailError:
        return ""
    return address_of(member).rpartition("@")[2].casefold()


def _of_domains(rule: StaffRule, found: Sequence[str]) -> list[Finding]:
    """The rule's domains, beside those that people of the roster sign in with."""
    pupils = sorted({domain for domain in found if domain in {each.casefold() for each in rule.pupil_domains}})
    if pupils:
        sentence = f"people of the roster sign in with {', '.join(pupils)}, which the file calls a domain of pupils."
        do = "Take it out of pupil_domains: staff who sign in with it would be given numbers only, and not be heard."
        return [Finding(Level.WRONG, ABOUT, sentence, do)]
    if not rule.domains:
        return []
    if any(domain in {each.casefold() for each in rule.domains} for domain in found):
        return [Finding(Level.OK, ABOUT, "the rule’s domains fit people of the roster.")]
    sentence = "nobody of the roster who is reached signs in with one of the rule’s domains."
    do = "Compare domains under [staff.teams] with a colleague’s sign-in name in Entra: all that follows the @."
    return [Finding(Level.WARN, ABOUT, sentence, do)]

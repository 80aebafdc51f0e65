"""What Teams says of a member of a conversation: who they are, and whether they belong to the school. Pure.

A display name is no proof of anything (T16), and what is missing or strange is never taken for a yes.
"""

from __future__ import annotations

from adapters.teams.us import Json, Us
from bot.ports import Doubt

_NOT_STAFF = frozenset({"guest", "anonymous"})
_INVITED = "#ext#"
"""Stands in the sign-in name of everybody who was invited from elsewhere."""


def account_id(member: Json) -> str:
    """Their object id in Entra, in small letters. '' when there is none, or when two are named and differ (T45)."""
    given = [member[name] for name in ("aadObjectId", "objectId") if member.get(name) is not None]
    ids = {id.lower() if isinstance(id, str) else "" for id in given}
    return ids.pop() if len(ids) == 1 else ""


def address_of(member: Json) -> str:
    """The name they sign in with, or ''."""
    names = (member.get("userPrincipalName"), member.get("email"))
    return next((name for name in names if isinstance(name, str) and name), "")


def is_outside(member: Json, us: Us) -> bool:
    """Whether Teams says that they are a guest, somebody without an account, or of another organisation."""
    tenant = member.get("tenantId")
    elsewhere = isinstance(tenant, str) and bool(tenant) and not _is_ours(tenant, us)
    return elsewhere or _role(member) in _NOT_STAFF or _INVITED in address_of(member).lower()


def is_the_bot(member: Json, us: Us, bot: str) -> bool:
    """Whether this is ourselves."""
    id = member.get("id")
    return isinstance(id, str) and bool(id) and id in {bot, f"28:{us.app}"}


def doubt_of_member(member: Json, us: Us) -> Doubt:
    """Why case data must not go where they read along, whoever they are, or `Doubt.NONE` (T44, T45)."""
    tenant, role = member.get("tenantId"), _role(member)
    if role in _NOT_STAFF or _INVITED in address_of(member).lower() or _is_a_bot(member):
        return Doubt.STRANGER
    if isinstance(tenant, str) and tenant and not _is_ours(tenant, us):
        return Doubt.SHARED
    said = role in ("", "user") and (tenant is None or isinstance(tenant, str))
    return Doubt.NONE if said and account_id(member) else Doubt.UNKNOWN


def _role(member: Json) -> str:
    """Teams names it for some members and not for all. What is no name is unlike any."""
    role = member.get("userRole")
    return role.lower() if isinstance(role, str) else "" if role is None else "strange"


def _is_a_bot(member: Json) -> bool:
    return str(member.get("id")).startswith("28:")


def _is_ours(tenant: str, us: Us) -> bool:
    return us.is_local or tenant.lower() == us.tenant.lower()

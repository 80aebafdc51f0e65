"""What somebody did in Teams, read from the projection of an activity: who, where, and by which key it is known.

Pure: nothing is looked up here, and what it means is for the bot to say. A person is their id in Entra, never a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from adapters.teams.addresses import Address
from adapters.teams.projection import OFFERED
from adapters.teams.us import DOOR, Json, Us
from bot.message import Change, Destination, Incoming, Person, Press, Reach

_MENTION = re.compile(r"<at\b[^<>]*>([^<>]*)</at>")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#39|#160);")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "#39": "'", "#160": " "}

_CHANGES = {
    "editMessage": (Change.EDITED, "changed"),
    "softDeleteMessage": (Change.DELETED, "deleted"),
    "undeleteMessage": (Change.RESTORED, "restored"),
}


@dataclass(frozen=True, slots=True)
class Act:
    """Who did it and where: `direct` when only they and the bot can read there. `id` is the activity's own.

    `is_known` when Teams says who they are in Entra: of nobody else can it be known whether they are staff. `at` is
    None when Teams does not say it.
    """

    who: Person
    name: str
    place: Destination
    address: Address
    id: str
    at: datetime | None
    direct: bool
    is_known: bool

    def incoming(self, now: datetime, key: str, press: Press | None = None, text: str = "") -> Incoming:
        """What was done, still without what is known of whoever did it."""
        lost = not self.is_known
        return Incoming(
            self.who,
            key,
            self.at or now,
            text,
            press,
            outside=lost and not self.direct,
            unverified=lost and self.direct,
        )

    @property
    def press_key(self) -> str:
        return f"press:{self.address.conversation}:{self.id}"


# --- who and where ---


def read_act(activity: Json, us: Us) -> Act | None:
    """The act, or None when it is nobody's: the bot's own, another program's (T17), or Teams' own."""
    doer, where = _doer(activity, us), read_place(activity, us)
    who = _id_of(doer, activity, us)
    if where is None or not who:
        return None
    return Act(
        Person(DOOR, who),
        doer.get("name", ""),
        *where,
        activity.get("id") or uuid4().hex,
        read_moment(activity.get("timestamp", "")),
        direct=is_direct(activity),
        is_known=bool(doer.get("aadObjectId")),
    )


def read_place(activity: Json, us: Us) -> tuple[Destination, Address] | None:
    """Where this came from and how it is reached there, kept from every activity; None when it does not say."""
    talk = activity.get("conversation", {})
    service, conversation = activity.get("serviceUrl", ""), talk.get("id", "").partition(";")[0]
    if not (service and conversation):
        return None
    bot = activity.get("recipient", {}).get("id") or f"28:{us.app}"
    data = activity.get("channelData", {})
    tenant = talk.get("tenantId") or data.get("tenant", {}).get("id", "")
    address = Address(service, conversation, tenant, bot)
    return _chat(activity, address, us) if is_direct(activity) else _channel_place(data, address)


def _chat(activity: Json, address: Address, us: Us) -> tuple[Destination, Address] | None:
    doer = _doer(activity, us)
    who = _id_of(doer, activity, us)
    there = replace(address, person=doer.get("id", ""))
    return (Destination(DOOR, Reach.PERSON, who), there) if who else None


def _channel_place(data: Mapping[str, Any], address: Address) -> tuple[Destination, Address]:
    team, id = data.get("team", {}), _channel(data) or address.conversation
    there = replace(address, conversation=id, team=team.get("id", ""), group=team.get("aadGroupId", ""))
    return Destination(DOOR, Reach.CHANNEL, id), there


def is_direct(activity: Json) -> bool:
    """Whether only one person and the bot can read it."""
    talk = activity.get("conversation", {})
    default = "personal" if talk.get("id", "").startswith("a:") and not talk.get("isGroup") else ""
    return bool(talk.get("conversationType", default) == "personal")


def is_bot_added(activity: Json, us: Us) -> bool:
    """Whether this says that the bot came into a conversation."""
    if activity.get("type") == "installationUpdate":
        return str(activity.get("action", "")).startswith("add")
    return any(_is_bot(member.get("id", ""), activity, us) for member in activity.get("membersAdded", ()))


def is_bot_removed(activity: Json, us: Us) -> bool:
    """Whether this says that the bot is in a conversation no longer. An app that gives way to a newer one stays."""
    if activity.get("type") == "installationUpdate":
        return bool(activity.get("action") == "remove")
    return any(_is_bot(member.get("id", ""), activity, us) for member in activity.get("membersRemoved", ()))


def places_named(activity: Json) -> frozenset[str]:
    """Every conversation that an activity speaks of: what is known of their safety is known no more (I4)."""
    data = activity.get("channelData", {})
    said = activity.get("conversation", {}).get("id", "").partition(";")[0]
    return frozenset(filter(None, (said, _channel(data), data.get("team", {}).get("id", ""))))


def _channel(data: Mapping[str, Any]) -> str:
    selected = data.get("settings", {}).get("selectedChannel", {}).get("id", "")
    return str(data.get("channel", {}).get("id", "") or selected)


def _doer(activity: Json, us: Us) -> Mapping[str, Any]:
    """Whoever did it. An app that was installed for somebody names them among the members."""
    doer: Mapping[str, Any] = activity.get("from", {})
    if doer.get("aadObjectId") and not _is_program(doer, activity, us):
        return doer
    named = [member for member in activity.get("membersAdded", ()) if member.get("aadObjectId")]
    return named[0] if len(named) == 1 and is_direct(activity) else doer


def _id_of(doer: Mapping[str, Any], activity: Json, us: Us) -> str:
    """Their id in Entra, or where Teams does not say it, their id for this bot. '' for a program and for nobody."""
    return "" if _is_program(doer, activity, us) else str(doer.get("aadObjectId", "").lower() or doer.get("id", ""))


def _is_program(doer: Mapping[str, Any], activity: Json, us: Us) -> bool:
    id = doer.get("id", "")
    return doer.get("role") == "bot" or id.startswith("28:") or _is_bot(id, activity, us)


def _is_bot(id: str, activity: Json, us: Us) -> bool:
    return bool(id) and id in (activity.get("recipient", {}).get("id"), f"28:{us.app}")


# --- what ---


def read_words(activity: Json, act: Act, now: datetime) -> Incoming:
    """A message of a person's own to the bot; said where others can read it, without a word of it (T49)."""
    if not act.direct:
        said = act.incoming(now, f"mention:{act.address.conversation}:{act.id}")
        return replace(said, overheard=True)
    said = act.incoming(now, f"message:{act.address.conversation}:{act.id}", text=_typed(activity))
    return replace(said, attachments=activity.get(OFFERED, 0))


def read_change(activity: Json, act: Act, now: datetime) -> Incoming | None:
    """What somebody did afterwards to a message to the bot alone: an edit with its new words, or without any."""
    found = _CHANGES.get(activity.get("channelData", {}).get("eventType", ""))
    if not found or not act.direct:
        return None
    change, kind = found
    key = f"{kind}:{act.address.conversation}:{act.id}:{activity.get('timestamp', '')}"
    words = _typed(activity) if change is Change.EDITED else ""
    return replace(act.incoming(now, key, text=words), change=change)


def read_data(activity: Json) -> Json:
    """What a press carries: of an invoke in its action or its data, of a message beside the text."""
    value: Json = activity.get("value", {})
    found: Json = value.get("action", {}).get("data") or value.get("data") or value
    return found


def as_typed(text: str, bot: str = "") -> str:
    """The text as the person saw it: mentions as they are shown, none of the bot, and Teams' escapes undone once."""
    shown = _MENTION.sub(lambda found: "" if found[1] == bot else found[1], text)
    plain = _ENTITY.sub(lambda found: _SIGNS[found[1]], shown)
    return plain if plain[:1] == text[:1] else plain.lstrip(" ")


def _typed(activity: Json) -> str:
    return as_typed(activity.get("text", ""), activity.get("recipient", {}).get("name", ""))


def read_moment(stamp: str) -> datetime | None:
    """A time as Teams writes it ("2026-11-20T10:40:00.123Z"); None when it is not one, or is of no known zone."""
    try:
        found = datetime.fromisoformat(stamp)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None

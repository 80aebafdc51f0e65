"""What Slack sends, cut down to the parts that Handrail may have, and then read as what somebody did.

The cut is an allow-list and comes first, before Bolt, a queue or a log has seen anything. A file, its name, its address
or its picture (`files[].thumb_tiny` is one) must never come through: only how many were offered (I5, F2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.message import Change, Incoming, Person

Json = dict[str, Any]
Shape = dict[Any, Any]

DOOR = "slack"
SLACKBOT = "USLACKBOT"

_SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})
"""The kinds of message in which a person says something. All others (about forty) are Slack's own or a program's."""

_MARKUP = re.compile(r"<([@#!])([^<>|\n]*)(?:\|([^<>\n]*))?>|<(\w[\w+.-]*:[^<>|\n]*)(?:\|([^<>\n]*))?>|&(amp|lt|gt);")
_SIGNS = {"amp": "&", "lt": "<", "gt": ">"}
_TS = re.compile(r"([0-9]{1,11})\.([0-9]{6})")


class Us(Protocol):
    """Who we are in this workspace: its id, and the bot's own ids as a member of it and as a bot."""

    @property
    def team(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def bot(self) -> str: ...


# --- the cut ---

_MESSAGE: Shape = {
    **dict.fromkeys(("type", "subtype", "ts", "text", "user", "bot_id", "team", "user_team", "source_team"), str),
    "files": len,
}
_EVENT: Shape = {
    **_MESSAGE,
    **dict.fromkeys(("channel", "channel_type", "event_ts", "deleted_ts", "inviter", "tab"), str),
    "message": _MESSAGE,
    "previous_message": _MESSAGE,
}
_PICK: Shape = {"value": str}
_ELEMENT: Shape = {"type": str, "value": str, "selected_option": _PICK, "selected_options": [_PICK]}
_ACTION: Shape = {**_ELEMENT, "action_id": str, "block_id": str, "action_ts": str}
_STATE: Shape = {"values": {...: {...: _ELEMENT}}}
_VIEW: Shape = {**dict.fromkeys(("id", "hash", "type", "callback_id", "private_metadata"), str), "state": _STATE}
_COMMAND = ("command", "text", "user_id", "channel_id", "ssl_check")
_BODY: Shape = {
    **dict.fromkeys(("type", "team_id", "api_app_id", "challenge", "trigger_id", "callback_id", "action_ts"), str),
    **dict.fromkeys(_COMMAND, str),
    "authorizations": [{"team_id": str}],
    "event": _EVENT,
    "team": {"id": str},
    "user": {"id": str, "team_id": str},
    "channel": {"id": str},
    "message": {"ts": str},
    "container": dict.fromkeys(("type", "message_ts", "channel_id", "view_id"), str),
    "actions": [_ACTION],
    "state": _STATE,
    "view": _VIEW,
}
_ENVELOPE: Shape = {
    **dict.fromkeys(("type", "envelope_id", "reason"), str),
    "accepts_response_payload": bool,
}


def project(body: Mapping[str, Any]) -> Json:
    """The parts of one request from Slack that Handrail may have, each of the type it should be. Nothing else is held
    by what is returned, and what has another type is left out.
    """
    kept = dict(_parts(body, _BODY))
    if not all("action_id" in action for action in kept.get("actions") or [{}]):
        kept.pop("actions", None)
    return kept


def project_envelope(envelope: Mapping[str, Any]) -> Json:
    """The same for what comes over a socket."""
    kept = dict(_parts(envelope, _ENVELOPE))
    if isinstance(envelope.get("payload"), dict):
        kept["payload"] = project(envelope["payload"])
    return kept


def _parts(found: Mapping[str, Any], wanted: Shape) -> Iterator[tuple[str, Any]]:
    if ... in wanted:
        wanted = dict.fromkeys(found, wanted[...])
    for name in wanted.keys() & found.keys():
        part = _cut(found[name], wanted[name])
        if part is not None:
            yield name, part


def _cut(found: object, shape: Any) -> Any:
    """The part of `found` that has this shape, or None. `len` stands for the number of things in a list."""
    if isinstance(shape, dict):
        return dict(_parts(found, shape)) if isinstance(found, dict) else None
    if not isinstance(shape, list | type):
        return len(found) if isinstance(found, list) else None
    if isinstance(shape, list):
        return [_cut(one, shape[0]) for one in found if isinstance(one, dict)] if isinstance(found, list) else None
    return found if isinstance(found, shape) else None


# --- what somebody did ---


def read_event(body: Json, us: Us) -> Incoming | None:
    """What an event says that somebody did, or None when it is nothing that Handrail hears. `body` is a projection.

    Heard are a person's own messages to the bot, edits and deletions of them, and, without a word of it, that they
    spoke to the bot where others can read it (T17, T49).
    """
    event = body.get("event", {})
    match event.get("type"):
        case "message":
            return _message(event, us)
        case "app_mention" if not _is_direct(event):
            return _overheard(event, us)
        case "member_joined_channel" if event.get("user") == us.person:
            return _brought_in(event, us)
    return None


def message_of_history(message: Mapping[str, Any], channel: str, team: str) -> Incoming | None:
    """A message as it stands in a direct conversation's history, exactly as its event would have been read (F3)."""
    cut = dict(_parts(message, _MESSAGE))
    if cut.get("type") != "message" or "bot_id" in cut or cut.get("subtype") not in _SPOKEN:
        return None
    return _spoken(cut, channel, team)


def moment(ts: str) -> datetime | None:
    """A time as Slack writes it ("1700000000.000100"), exact to the microsecond; None when it is not one."""
    found = _TS.fullmatch(ts)
    if not found:
        return None
    return datetime.fromtimestamp(int(found[1]), UTC) + timedelta(microseconds=int(found[2]))


def as_typed(text: str) -> str:
    """The text as the person saw it when they wrote it: Slack's escapes undone exactly once, its links and mentions as
    they are shown."""
    return _MARKUP.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    sign, id, name, address, label, escape = found.groups()
    if escape:
        return _SIGNS[escape]
    if sign:
        return sign.replace("!", "@") + _unescaped(name or id).lstrip("@") if name or id else found[0]
    return _unescaped(label or address)


def _unescaped(text: str) -> str:
    return re.sub("&(amp|lt|gt);", lambda found: _SIGNS[found[1]], text)


# --- messages ---


def _message(event: Json, us: Us) -> Incoming | None:
    if not _is_direct(event):
        named = event.get("channel_type") == "mpim" or f"<@{us.person}" in event.get("text", "")
        return _overheard(event, us) if named and event.get("subtype") in _SPOKEN else None
    match event.get("subtype"):
        case "message_changed":
            return _changed(event, us)
        case "message_deleted":
            return _afterwards(event, event.get("previous_message", {}), us)
        case subtype if subtype in _SPOKEN and not _is_ours(event, us):
            return _spoken(event, event.get("channel", ""), us.team)
    return None


def _is_direct(event: Json) -> bool:
    """Whether only the person and the bot can read it."""
    default = "im" if event.get("channel", "").startswith("D") else ""
    return bool(event.get("channel_type", default) == "im")


def _is_ours(message: Json, us: Us) -> bool:
    return message.get("user") == us.person or message.get("bot_id") == us.bot


def _is_outside(message: Json, team: str) -> bool:
    """Whether a program or somebody of another workspace said it (T17, T50)."""
    elsewhere = any(message.get(key, team) != team for key in ("team", "user_team", "source_team"))
    return elsewhere or "bot_id" in message


def _speaker(message: Json) -> Person | None:
    who = message.get("user", "")
    return Person(DOOR, who) if who not in ("", SLACKBOT) else None


def _spoken(message: Json, channel: str, team: str) -> Incoming | None:
    who, ts = _speaker(message), message.get("ts", "")
    at = moment(ts)
    if who is None or at is None or not channel:
        return None
    text, offered = as_typed(message.get("text", "")), message.get("files", 0)
    key, outside = f"message:{channel}:{ts}", _is_outside(message, team)
    return Incoming(who, key, at, text, attachments=offered, outside=outside)


def _changed(event: Json, us: Us) -> Incoming | None:
    """A person's own words, really changed: not what Slack adds to a message, nor what the bot changes of its own."""
    now, before = event.get("message", {}), event.get("previous_message", {})
    if now.get("subtype") == "tombstone":  # a deleted message that has replies under it
        return _afterwards(event, before, us)
    if now.get("subtype") not in _SPOKEN or now.get("text") == before.get("text"):
        return None
    return _afterwards(event, now, us, now.get("text", ""))


def _afterwards(event: Json, message: Json, us: Us, text: str | None = None) -> Incoming | None:
    """What was done to a message after it had been sent: an edit with its new text, or a deletion."""
    who, done = _speaker(message), event.get("event_ts") or event.get("ts", "")
    at = moment(done)
    if who is None or at is None or _is_ours(message, us) or message.get("subtype") not in _SPOKEN:
        return None
    change = Change.DELETED if text is None else Change.EDITED
    kind = "deleted" if text is None else "changed"
    key = f"{kind}:{event.get('channel', '')}:{message.get('ts', '')}:{done}"
    return Incoming(who, key, at, as_typed(text or ""), change=change, outside=_is_outside(message, us.team))


# --- where others can read it ---


def _overheard(event: Json, us: Us) -> Incoming | None:
    who, ts = _speaker(event), event.get("ts", "")
    at = moment(ts)
    if who is None or at is None or _is_ours(event, us):
        return None
    key = f"mention:{event.get('channel', '')}:{ts}"
    return Incoming(who, key, at, outside=_is_outside(event, us.team), overheard=True)


def _brought_in(event: Json, us: Us) -> Incoming | None:
    """Somebody added the bot to a channel."""
    who, ts = event.get("inviter", ""), event.get("event_ts", "")
    at = moment(ts)
    if not who or at is None or who == us.person:
        return None
    key = f"joined:{event.get('channel', '')}:{ts}"
    return Incoming(Person(DOOR, who), key, at, overheard=True, brought=True)

"""What Slack sends to a bot, in the shapes it really has: events, presses, commands, shortcuts, submissions. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from tests.slack.answers import message_json, view_json
from tests.slack.world import APP, BOT, TEAM, Json, Message, Room, Somebody, View

VERIFICATION = "exampleverificationtoken"
TEAM_DOMAIN = "example-academies"
THUMB_TINY = base64.b64encode(b"\x03\x000\x000\xaa\x01\x02EXAMPLE-PICTURE-BYTES\xff\xd9").decode()


@dataclass(frozen=True, slots=True)
class Moment:
    """What each payload carries of its own: the ids of its delivery."""

    at: float
    stamp: str
    id: str
    trigger: str = ""
    response_url: str = ""


def event_callback(event: Json, moment: Moment) -> Json:
    """The envelope of the Events API."""
    return {
        "token": VERIFICATION,
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": moment.id,
        "event_time": int(moment.at),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{moment.id}",
    }


def said(message: Message, room: Room) -> Json:
    """A message event; its `team` is the sender's."""
    return {**message_json(message), "channel": room.id, "event_ts": message.ts, "channel_type": room.kind}


def mentioned(message: Message) -> Json:
    return {**message_json(message), "type": "app_mention", "channel": message.channel, "event_ts": message.ts}


def changed(message: Message, before: Json, room: Room, stamp: str) -> Json:
    """The event after an edit."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": {**message_json(message), "source_team": TEAM, "user_team": TEAM},
        "previous_message": before,
        "channel": room.id,
        "hidden": True,
        "ts": stamp,
        "event_ts": stamp,
        "channel_type": room.kind,
    }


def removed(before: Json, room: Room, stamp: str) -> Json:
    """The event after a deletion."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "channel": room.id,
        "hidden": True,
        "deleted_ts": before["ts"],
        "event_ts": stamp,
        "ts": stamp,
        "channel_type": room.kind,
    }


def picture(number: int, person: str) -> Json:
    """One entry of `files[]`: its `thumb_tiny` is a picture (F2)."""
    id_ = f"F0EXAMPLE{number}"
    files = f"https://files.example.org/{TEAM}-{id_}"
    return {
        "id": id_,
        "created": 1_790_000_000,
        "timestamp": 1_790_000_000,
        "name": f"IMG_SECRET_{number}.jpg",
        "title": f"IMG_SECRET_{number}.jpg",
        "mimetype": "image/jpeg",
        "filetype": "jpg",
        "pretty_type": "JPEG",
        "user": person,
        "user_team": TEAM,
        "editable": False,
        "size": 20_480,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "display_as_bot": False,
        "url_private": f"{files}/secret_{number}.jpg",
        "url_private_download": f"{files}/download/secret_{number}.jpg",
        "media_display_type": "unknown",
        "thumb_64": f"{files}/thumb_64.jpg",
        "thumb_360": f"{files}/thumb_360.jpg",
        "original_w": 640,
        "original_h": 480,
        "thumb_tiny": THUMB_TINY,
        "permalink": f"https://{TEAM_DOMAIN}.example.org/files/{person}/{id_}/secret_{number}.jpg",
        "permalink_public": f"https://public.example.org/{id_}",
        "has_rich_preview": False,
        "file_access": "visible",
    }


def _from(who: Somebody) -> Json:
    name = who.name.lower().replace(" ", ".")
    return {"id": who.id, "username": name, "name": name, "team_id": who.team}


def _interaction(kind: str, who: Somebody, moment: Moment) -> Json:
    return {
        "type": kind,
        "user": _from(who),
        "api_app_id": APP,
        "token": VERIFICATION,
        "trigger_id": moment.trigger,
        "team": {"id": TEAM, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def pressed_in_message(who: Somebody, message: Message, action: Json, moment: Moment) -> Json:
    """block_actions from a message. An ephemeral one is not sent along."""
    hidden = bool(message.ephemeral_to)
    shown: Json = {} if hidden else {"message": message_json(message)}
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": hidden,
    }
    return {
        **_interaction("block_actions", who, moment),
        "container": container,
        "channel": {"id": message.channel, "name": "directmessage" if message.channel[0] == "D" else "privategroup"},
        **shown,
        "response_url": moment.response_url,
        "actions": [{**action, "action_ts": moment.stamp}],
    }


def pressed_in_view(who: Somebody, view: View, action: Json, moment: Moment) -> Json:
    """block_actions from a modal or from the App Home."""
    return {
        **_interaction("block_actions", who, moment),
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(view),
        "actions": [{**action, "action_ts": moment.stamp}],
    }


def submitted(who: Somebody, view: View, state: Json, moment: Moment) -> Json:
    return {
        **_interaction("view_submission", who, moment),
        "view": view_json(view, state),
        "response_urls": [],
    }


def closed(who: Somebody, view: View, moment: Moment) -> Json:
    plain = _interaction("view_closed", who, moment)
    del plain["trigger_id"]
    return {**plain, "view": view_json(view), "is_cleared": False}


def shortcut(who: Somebody, callback: str, moment: Moment) -> Json:
    """A shortcut that stands on no message."""
    return {**_interaction("shortcut", who, moment), "callback_id": callback, "action_ts": moment.stamp}


def message_shortcut(who: Somebody, callback: str, message: Message, moment: Moment) -> Json:
    return {
        **_interaction("message_action", who, moment),
        "callback_id": callback,
        "action_ts": moment.stamp,
        "message_ts": message.ts,
        "channel": {"id": message.channel, "name": "privategroup"},
        "message": message_json(message),
        "response_url": moment.response_url,
    }


def command(who: Somebody, name: str, room: Room, moment: Moment) -> dict[str, Any]:
    """A slash command, as form fields; the text is added by who sends it."""
    return {
        "token": VERIFICATION,
        "team_id": TEAM,
        "team_domain": TEAM_DOMAIN,
        "channel_id": room.id,
        "channel_name": "directmessage" if room.person else "privategroup",
        "user_id": who.id,
        "user_name": who.name.lower().replace(" ", "."),
        "command": name,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": moment.response_url,
        "trigger_id": moment.trigger,
    }

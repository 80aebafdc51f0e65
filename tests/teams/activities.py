"""What Teams sends to a bot: activities in Microsoft's own shapes. Nothing is decided here, and nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from tests.teams.world import BOT, BOT_NAME, MESSAGE_PART, TENANT, Json, Message, Room, Somebody, Team

LONDON = ZoneInfo("Europe/London")
CANARY = "canary-never-kept"
"""Stands in every address, name and id of a file below: wherever it is found later, a file was let in."""

_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass(frozen=True, slots=True)
class Scene:
    """Who does something where, when, and which address Teams wants to be answered at."""

    who: Somebody
    room: Room
    team: Team | None
    at: float
    service_url: str
    root: str = ""


def base(scene: Scene, kind: str, id_: str) -> Json:
    """What stands in every activity."""
    who = scene.who
    sender = {"id": who.id, "name": who.name} | ({"aadObjectId": who.aad} if who.aad else {})
    activity: Json = {
        "type": kind,
        "localTimezone": "Europe/London",
        "serviceUrl": scene.service_url,
        "channelId": "msteams",
        "from": sender,
        "conversation": conversation(scene),
        "recipient": {"id": BOT, "name": BOT_NAME},
        "entities": [
            {
                "locale": "en-GB",
                "country": "GB",
                "platform": "Web",
                "timezone": "Europe/London",
                "type": "clientInfo",
            }
        ],
        "channelData": channel_data(scene),
        "locale": "en-GB",
    }
    return stamped(activity, id_, scene.at)


def stamped(activity: Json, id_: str, at: float) -> Json:
    """An activity with this id, and these seconds since 1970 as its time."""
    moment = datetime.fromtimestamp(at, UTC)
    times = {"timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"}
    return {**activity, "id": id_, **times, "localTimestamp": moment.astimezone(LONDON).isoformat()}


def conversation(scene: Scene) -> Json:
    """A thread of a channel is a conversation of its own."""
    id_ = f"{scene.room.id}{MESSAGE_PART}{scene.root}" if scene.root else scene.room.id
    shown: Json = {"conversationType": scene.room.kind, "tenantId": TENANT, "id": id_}
    return shown if scene.room.kind == "personal" else {"isGroup": True, **shown}


def channel_data(scene: Scene, event: str = "") -> Json:
    """The tenant; in a team also the team and the channel (`aadGroupId` only with an event)."""
    data: Json = {"tenant": {"id": TENANT}}
    if scene.team is not None:
        data |= {"teamsChannelId": scene.room.id, "teamsTeamId": scene.team.id}
        data |= {"channel": {"id": scene.room.id}, "team": {"id": scene.team.id}}
    if event:
        data["eventType"] = event
        if scene.team is not None:
            data["team"] |= {"aadGroupId": scene.team.group, "name": scene.team.name}
    return data


# --- messages ---


def said(scene: Scene, message: Message) -> Json:
    """A message as it was typed, with the html of itself that Teams puts beside it."""
    activity = base(scene, "message", message.id)
    html = {"contentType": "text/html", "content": f"<p>{escape(message.text)}</p>"}
    return activity | {"text": message.text, "textFormat": "plain", "attachments": [html]}


def mentioned(scene: Scene, message: Message) -> Json:
    """A message that calls the bot by name."""
    called = f"<at>{BOT_NAME}</at>"
    activity = said(scene, message)
    activity["entities"].append({"mentioned": {"id": BOT, "name": BOT_NAME}, "text": called, "type": "mention"})
    inner = f'<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">{BOT_NAME}</span>'
    html = {"contentType": "text/html", "content": f"<div>{inner}&nbsp;{escape(message.text)}</div>"}
    return activity | {"text": f"{called} {message.text}", "attachments": [html]}


def edited(scene: Scene, message: Message) -> Json:
    return _event(said(scene, message) | {"type": "messageUpdate"}, "editMessage")


def restored(scene: Scene, message: Message) -> Json:
    return _event(said(scene, message) | {"type": "messageUpdate"}, "undeleteMessage")


def removed(scene: Scene, message: Message) -> Json:
    return _event(base(scene, "messageDelete", message.id), "softDeleteMessage")


def _event(activity: Json, event: str) -> Json:
    activity["channelData"]["eventType"] = event
    return activity


# --- files ---


def offered(kind: str, text: str, elsewhere: str) -> list[Json]:
    """The attachments of a message with one file or picture. `elsewhere` is an address that nobody may fetch.

    Kinds: file, inline, hosted, data, reference, quote, sticker. A quote is no file.
    """
    url = f"{elsewhere}/{CANARY}/{kind}"
    pictures = {
        "inline": f'<img src="{url}" alt="{CANARY}" itemtype="http://schema.skype.com/AMSImage">',
        "hosted": f'<img src="https://graph.microsoft.com/v1.0/chats/{CANARY}/hostedContents/aWQ9/$value">',
        "data": f'<img src="data:image/png;base64,{_PIXEL}{CANARY}">',
    }
    html = {"contentType": "text/html", "content": f"<div>{pictures.get(kind, '')}{escape(text)}</div>"}
    return [*_beside(kind, url), html]


def _beside(kind: str, url: str) -> list[Json]:
    download = {"downloadUrl": url, "uniqueId": CANARY, "fileType": "jpg", "etag": CANARY}
    quote = f'{{"messageId":"1","messagePreview":"{CANARY}","messageSender":{{}}}}'
    shapes: dict[str, Json] = {
        "file": {
            "contentType": "application/vnd.microsoft.teams.file.download.info",
            "content": download,
            "contentUrl": url,
            "name": f"{CANARY}.jpg",
        },
        "inline": {"contentType": "image/*", "contentUrl": url},
        "data": {"contentType": "image/png", "contentUrl": f"data:image/png;base64,{_PIXEL}{CANARY}"},
        "reference": {"contentType": "reference", "contentUrl": url, "name": f"{CANARY}.docx", "id": CANARY},
        "quote": {"contentType": "messageReference", "content": quote, "id": "1"},
        "sticker": {"contentType": "image/gif", "contentUrl": url, "thumbnailUrl": url, "name": CANARY},
    }
    return [shapes[kind]] if kind in shapes else []


# --- presses ---


def invoked(scene: Scene, name: str, value: Json, ids: tuple[str, str]) -> Json:
    """A press that waits for an answer. `ids`: its own, and that of the message it stood on."""
    activity = base(scene, "invoke", ids[0]) | {"name": name, "value": value, "replyToId": ids[1]}
    activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{ids[1]}"}}
    return activity


def submitted(scene: Scene, value: Json, ids: tuple[str, str]) -> Json:
    """A press of Action.Submit: a message without a text."""
    activity = base(scene, "message", ids[0]) | {"value": value, "replyToId": ids[1]}
    activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{ids[1]}"}}
    return activity


# --- the app and the members ---


def _happened(scene: Scene, kind: str, id_: str, event: str = "") -> Json:
    """What nobody typed: without a name or a client, and in a team with the team's group."""
    activity = base(scene, kind, id_)
    del activity["entities"], activity["from"]["name"]
    return activity | {"channelData": channel_data(scene, event or "happened")}


def installed(scene: Scene, id_: str, action: str) -> Json:
    """`action`: add or remove."""
    activity = _happened(scene, "installationUpdate", id_) | {"action": action}
    activity["entities"] = [{"type": "clientInfo", "locale": "en-GB"}]
    del activity["channelData"]["eventType"]
    activity["channelData"] |= {"source": {"name": "message"}, **_selected(scene)}
    return activity


def bot_joined(scene: Scene, id_: str) -> Json:
    """The bot was let in: told in the channel that was picked, and in a personal chat together with the person."""
    activity = membership(scene, id_, [scene.who] if scene.room.kind == "personal" else [], "Added")
    activity["membersAdded"] = [{"id": BOT}, *activity["membersAdded"]]
    activity["conversation"] = conversation(scene)
    activity["channelData"] |= _selected(scene)
    return activity


def bot_left(scene: Scene, id_: str) -> Json:
    return membership(scene, id_, [], "Removed") | {"membersRemoved": [{"id": BOT}]}


def membership(scene: Scene, id_: str, who: Sequence[Somebody], change: str) -> Json:
    """People joined or left: of a team it is told in General. `change`: Added or Removed."""
    people = [{"id": each.id} | ({"aadObjectId": each.aad} if each.aad else {}) for each in who]
    activity = team_event(scene, id_, f"teamMember{change}") | {f"members{change}": people}
    if scene.team is None:
        del activity["channelData"]["eventType"]
    return activity


def team_event(scene: Scene, id_: str, event: str) -> Json:
    """Something about the team or its channels, told in General: teamRenamed, channelCreated, channelDeleted …"""
    activity = _happened(scene, "conversationUpdate", id_, event)
    if scene.team is not None:
        activity["conversation"]["id"] = scene.team.id
    return activity


def _selected(scene: Scene) -> Json:
    return {"settings": {"selectedChannel": {"id": scene.room.id}}} if scene.team is not None else {}

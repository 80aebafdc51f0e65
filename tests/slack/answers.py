"""How Slack shows its people, channels, messages and views in JSON. Shapes only: nothing is decided here."""

from __future__ import annotations

from tests.slack.world import APP, BOT, BOT_ID, TEAM, Json, Message, Room, Somebody, View

UPDATED = 1_790_000_000


def person_json(who: Somebody) -> Json:
    """As `users.info` gives it. `is_stranger` stands there only for somebody of another organisation."""
    shown: Json = {
        "id": who.id,
        "team_id": who.team,
        "name": who.name.lower().replace(" ", "."),
        "deleted": who.deleted,
        "color": "9f69e7",
        "real_name": who.name,
        "tz": "Europe/London",
        "profile": {
            "real_name": who.name,
            "display_name": who.name.split()[0],
            "real_name_normalized": who.name,
            "team": who.team,
            "image_48": "https://avatars.example.org/48.png",
        },
        "is_bot": who.bot,
        "is_app_user": False,
        "updated": UPDATED,
    }
    if not who.deleted:
        shown |= {
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": who.guest or who.single_channel,
            "is_ultra_restricted": who.single_channel,
        }
    return shown | ({"is_stranger": True} if who.stranger else {})


def room_json(room: Room) -> Json:
    """As `conversations.info` gives it."""
    return _direct_json(room) if room.person else _channel_json(room)


def _direct_json(room: Room) -> Json:
    return {
        "id": room.id,
        "created": UPDATED,
        "is_archived": room.archived,
        "is_im": True,
        "is_org_shared": False,
        "context_team_id": TEAM,
        "updated": UPDATED * 1000,
        "user": room.person,
        "last_read": "0000000000.000000",
        "is_open": True,
        "priority": 0,
    }


def _channel_json(room: Room) -> Json:
    return {
        "id": room.id,
        "name": room.name,
        "name_normalized": room.name,
        "is_channel": not room.private or room.id.startswith("C"),
        "is_group": room.private and room.id.startswith("G"),
        "is_im": False,
        "is_mpim": False,
        "is_private": room.private,
        "created": UPDATED,
        "is_archived": room.archived,
        "is_general": False,
        "unlinked": 0,
        "is_shared": room.ext_shared or room.org_shared,
        "is_org_shared": room.org_shared,
        "is_ext_shared": room.ext_shared,
        "is_pending_ext_shared": room.pending_ext_shared,
        "pending_shared": list(room.pending_shared),
        "pending_connected_team_ids": list(room.pending_connected_team_ids),
        "context_team_id": TEAM,
        "updated": UPDATED * 1000,
        "parent_conversation": None,
        "creator": room.members[0] if room.members else "",
        "shared_team_ids": [TEAM],
        "is_member": BOT in room.members,
        "last_read": "0000000000.000000",
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "num_members": len(room.members),
    }


def message_json(message: Message) -> Json:
    """As it stands in an event, in `conversations.history` and in a press."""
    shown: Json = {"type": "message", "user": message.author, "text": message.text, "ts": message.ts, "team": TEAM}
    if message.author == BOT:
        shown |= {"bot_id": BOT_ID, "app_id": APP, "bot_profile": {"id": BOT_ID, "app_id": APP, "name": "Handrail"}}
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.files:
        shown |= {"files": message.files, "upload": False, "display_as_bot": False}
    if message.edited:
        shown["edited"] = {"user": message.author, "ts": message.edited}
    if message.metadata:
        shown["metadata"] = message.metadata
    return shown


def view_json(view: View, state: Json | None = None) -> Json:
    """As the bot is given it, with the answers of its fields in `state`."""
    given = view.view
    return {
        "id": view.id,
        "team_id": TEAM,
        "type": given["type"],
        "blocks": given.get("blocks", []),
        "private_metadata": given.get("private_metadata", ""),
        "callback_id": given.get("callback_id", ""),
        "state": {"values": state or {}},
        "hash": view.hash,
        "title": given.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": given.get("clear_on_close", False),
        "notify_on_close": given.get("notify_on_close", False),
        "close": given.get("close"),
        "submit": given.get("submit"),
        "previous_view_id": view.previous or None,
        "root_view_id": view.root or view.id,
        "app_id": APP,
        "external_id": given.get("external_id", ""),
        "app_installed_team_id": TEAM,
        "bot_id": BOT_ID,
    }

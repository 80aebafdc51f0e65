"""What somebody is shown at once, past the outbox: a form, the home screen, a message only they can see.

None of it is ever the only copy of anything, and none of it is repeated.
"""

from __future__ import annotations

from typing import Any

from adapters.slack.api import Api
from adapters.slack.render import message_of
from bot.errors import SendRefused
from bot.message import Card

TOO_LATE = "expired_trigger_id"
"""A press opens a form within three seconds or not at all (P9)."""

_EXPIRED = frozenset({TOO_LATE, "trigger_expired"})


class Screens:
    """Views and private messages. Every act raises as `Api.call`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def open_view(self, trigger_id: str, view: dict[str, Any]) -> str:
        """Open a form and return its id. SendRefused("expired_trigger_id") when the press is too old."""
        try:
            said = await self._api.call("views.open", trigger_id=trigger_id, view=view)
        except SendRefused as refused:
            raise SendRefused(TOO_LATE if str(refused) in _EXPIRED else str(refused)) from None
        opened = said.get("view")
        return str(opened.get("id") or "") if isinstance(opened, dict) else ""

    async def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        await self._api.call("views.update", view_id=view_id, view=view)

    async def publish_home(self, person_id: str, view: dict[str, Any]) -> None:
        await self._api.call("views.publish", user_id=person_id, view=view)

    async def tell(self, channel_id: str, person_id: str, card: Card) -> None:
        """Show a card to one person only, where they are; in their direct messages where that cannot be, or where they
        are there already: what only Slack remembers is gone when they look again.
        """
        message = message_of(card)
        if channel_id == person_id or channel_id.startswith("D"):
            await self._api.call("chat.postMessage", channel=channel_id, **message)
            return
        try:
            await self._api.call("chat.postEphemeral", channel=channel_id, user=person_id, **message)
        except SendRefused:
            await self._api.call("chat.postMessage", channel=person_id, **message)

    async def replace(self, channel_id: str, ts: str, text: str) -> None:
        """Put one plain sentence where a message of ours stands."""
        block = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
        await self._api.call("chat.update", channel=channel_id, ts=ts, text=text, blocks=[block], parse="none")

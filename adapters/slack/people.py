"""Who somebody is, as the workspace shows them: a name for the lead to read, and whether they belong here.

No right to read a case may ever follow from it (T16).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.slack.api import Api, Home
from bot.errors import HandrailError

KEPT_SECONDS = 600.0
PATIENCE_SECONDS = 1.5
"""Words wait for a name no longer than this: Slack wants its answer within three seconds."""

_MOST_KEPT = 5000
_NOT_STAFF = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


@dataclass(frozen=True, slots=True)
class Known:
    """A display name, and whether it is a guest, a bot, a closed account or somebody of another workspace (T50)."""

    name: str
    outside: bool


NOBODY_KNOWN = Known("", False)


class People:
    """The people of one workspace, looked up once in ten minutes."""

    def __init__(self, api: Api, home: Home, seconds: Callable[[], float] = time.monotonic) -> None:
        self._api, self._home, self._seconds = api, home, seconds
        self._kept: dict[str, tuple[float, Known]] = {}

    async def known(self, person_id: str) -> Known:
        """Who that is. When it cannot be found out they are nobody known, and not outside: nobody's words are lost
        because a look-up failed."""
        at, known = self._kept.get(person_id, (0.0, NOBODY_KNOWN))
        if at > self._seconds():
            return known
        found = await self._look_up(person_id)
        if found is None:
            return NOBODY_KNOWN
        self._keep(person_id, found)
        return found

    async def _look_up(self, person_id: str) -> Known | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said = await self._api.call("users.info", user=person_id)
        except (HandrailError, TimeoutError):
            return None
        account = said.get("user")
        return known_by(account, self._home) if isinstance(account, dict) else None

    def _keep(self, person_id: str, known: Known) -> None:
        now = self._seconds()
        if len(self._kept) >= _MOST_KEPT:
            self._kept = {id: kept for id, kept in self._kept.items() if kept[0] > now}
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[person_id] = (now + KEPT_SECONDS, known)


def known_by(account: dict[str, Any], home: Home) -> Known:
    """What Slack's account of somebody says of them."""
    profile = account.get("profile")
    named = profile.get("real_name") if isinstance(profile, dict) else None
    name = named or account.get("real_name") or ""
    elsewhere = account.get("team_id", home.team) != home.team or account.get("id") == "USLACKBOT"
    return Known(name if isinstance(name, str) else "", elsewhere or any(account.get(flag) for flag in _NOT_STAFF))

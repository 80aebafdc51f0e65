"""The doctor's round trip: a button in somebody's direct messages that only a running `handrail serve` can answer.

The message says nothing of any case. No bot hears of the press, and nothing is written down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.findings import Finding, Level
from adapters.slack.blocks import plain
from adapters.slack.doctor_app import Keys
from adapters.slack.doctor_trust import DOOR, Steady
from adapters.slack.receive import CHECK
from bot.directory import RosterPerson
from bot.errors import HandrailError

WAIT_SECONDS, LOOK_SECONDS = 90.0, 5.0
ABOUT = "the way back"
LABEL = "Press me"

_ASK = "This is a check of Handrail by your IT lead. Please press the button below."
_ENDED = "This check has ended. There is nothing to do."
_SOCKET = "Is Socket Mode on in the app’s settings, and is SLACK_APP_TOKEN set for it?"
_HTTP = (
    "Can Slack reach the address of /slack/events from outside, is it the Request URL of Interactivity in the app’s "
    "settings, and is SLACK_SIGNING_SECRET this app’s?"
)


def not_tried() -> Finding:
    sentence = "it was not tried whether a press in Slack reaches Handrail."
    return Finding(Level.WARN, ABOUT, sentence, "Start `handrail serve`, then: handrail doctor --press ROSTER_ID")


def nobody(roster_id: str) -> Finding:
    sentence = f"nobody with a Slack id is called {roster_id} on the roster."
    return Finding(Level.WRONG, ABOUT, sentence, "Write an id from [[people]] in the trust’s file.")


@dataclass(frozen=True)
class RoundTrip:
    """One press, asked for and waited for. `told` shows how it goes to whoever runs the doctor."""

    steady: Steady
    keys: Keys
    told: Callable[[str], None]

    async def with_person(self, person: RosterPerson) -> Finding:
        """Post the button, wait for the answer, and clear up."""
        try:
            channel, ts = await self._post(person.ids[DOOR])
        except HandrailError as fault:
            sentence = f"the button could not be posted to {person.name} ({fault})."
            do = "Put right what is said above; in the app’s settings, App Home, the Messages Tab must be on."
            return Finding(Level.WRONG, ABOUT, sentence, do)
        self.told(f"Press the button in Slack now: {person.name}, direct messages with Handrail.")
        if await self._changes(channel, ts):
            return Finding(Level.OK, ABOUT, "a press in Slack reached Handrail, and it answered.")
        await self._end(channel, ts)
        return self._nothing_came()

    async def _post(self, id: str) -> tuple[str, str]:
        opened = (await self.steady.call("conversations.open", users=id)).get("channel")
        channel = opened.get("id") if isinstance(opened, dict) else None
        said = await self.steady.call("chat.postMessage", channel=channel, text=_ASK, blocks=_blocks())
        return str(said.get("channel")), str(said.get("ts"))

    async def _changes(self, channel: str, ts: str) -> bool:
        left = WAIT_SECONDS
        while left > 0:
            await self.steady.clock.pause(LOOK_SECONDS)
            left -= LOOK_SECONDS
            if await self._is_changed(channel, ts):
                return True
            self.told(f"Waiting for the press: {left:.0f} seconds left.")
        return False

    async def _is_changed(self, channel: str, ts: str) -> bool:
        """Whether something else stands there now. When it cannot be seen, it is looked for again."""
        asked = {"channel": channel, "oldest": ts, "latest": ts, "inclusive": True, "limit": 1}
        try:
            said = (await self.steady.call("conversations.history", **asked)).get("messages")
        except HandrailError:
            return False
        return isinstance(said, list) and any(each.get("ts") == ts and each.get("text") != _ASK for each in said)

    async def _end(self, channel: str, ts: str) -> None:
        """Nobody is left with a button that does nothing."""
        try:
            await self.steady.call("chat.update", channel=channel, ts=ts, text=_ENDED, blocks=[_section(_ENDED)])
        except HandrailError:
            self.told("The button could not be taken away again.")

    def _nothing_came(self) -> Finding:
        sentence = f"nothing came back within {WAIT_SECONDS:.0f} seconds."
        ways = [_SOCKET] if self.keys.app_token else []
        ways += [_HTTP] if self.keys.signing_secret else []
        do = f"Was the button pressed? Does `handrail serve` run, with the same settings? {' '.join(ways)}"
        return Finding(Level.WRONG, ABOUT, sentence, do)


def _blocks() -> list[dict[str, Any]]:
    button = {"type": "button", "text": plain(LABEL), "action_id": f"{CHECK}press", "value": "check"}
    return [_section(_ASK), {"type": "actions", "elements": [button]}]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": plain(text)}

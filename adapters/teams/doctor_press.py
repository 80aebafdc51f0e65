"""The doctor's round trip: a button in somebody's personal chat that only a running `handrail serve` can answer.

The message says nothing of any case. No bot hears of the press, and all that is written down is the button's own nonce.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from adapters.findings import Finding, Level
from adapters.teams.addresses import CHECKED, Shelf
from adapters.teams.presses import HANDRAIL
from adapters.teams.pressing import CHECK
from adapters.teams.render import VERB, activity_of
from adapters.teams.tenant import Tenant
from adapters.teams.us import DOOR, Json
from adapters.teams.whereabouts import Whereabouts
from bot.directory import RosterPerson
from bot.errors import HandrailError, SendRefused
from bot.message import Card, Destination, Reach
from bot.ports import Clock

WAIT_SECONDS, LOOK_SECONDS = 90.0, 5.0
ABOUT = "the way back"
LABEL = "Press me"

_ASK = "This is a check of Handrail by your IT lead. Please press the button below."
_ENDED = "This check has ended. There is nothing to do."


def not_tried() -> Finding:
    sentence = "it was not tried whether a press in Teams reaches Handrail."
    return Finding(Level.WARN, ABOUT, sentence, "Start `handrail serve`, then: handrail doctor --press ROSTER_ID")


def nobody(roster_id: str) -> Finding:
    sentence = f"nobody with an id for Teams is called {roster_id} on the roster."
    return Finding(Level.WRONG, ABOUT, sentence, "Write an id from [[people]] in the trust’s file.")


@dataclass(frozen=True)
class RoundTrip:
    """One press, asked for and waited for. `told` shows how it goes to whoever runs the doctor."""

    tenant: Tenant
    shelf: Shelf
    clock: Clock
    told: Callable[[str], None]

    async def with_person(self, person: RosterPerson) -> Finding:
        """Post the button, wait for the answer, and take the button away."""
        nonce, place = secrets.token_hex(16), Destination(DOOR, Reach.PERSON, person.ids[DOOR])
        try:
            message = await self._post(place, _asking(nonce))
        except HandrailError as fault:
            sentence = f"the button could not be posted to {person.name} ({fault})."
            do = "Put right what is said above. If nothing is: they may have blocked Handrail in Teams."
            return Finding(Level.WRONG, ABOUT, sentence, do)
        self.told(f"Press the button in Teams now: {person.name}, chat with Handrail.")
        came = await self._comes(nonce)
        await self._end(place, message)
        return Finding(Level.OK, ABOUT, "a press in Teams reached Handrail, and it answered.") if came else _nothing()

    async def _post(self, place: Destination, activity: Json) -> str:
        """The new message's id, as the door has them."""
        where = Whereabouts(self.tenant.connector, self.tenant.addresses, self.tenant.way.us)
        address = await where.of(place)
        if address is None:
            raise SendRefused("not_installed")
        id = await where.there(place, address, lambda at: self.tenant.connector.send(at, activity))
        return f"{address.conversation}/{id}"

    async def _comes(self, nonce: str) -> bool:
        left = WAIT_SECONDS
        while left > 0:
            await self.clock.pause(LOOK_SECONDS)
            left -= LOOK_SECONDS
            if await self._is_there(nonce):
                return True
            self.told(f"Waiting for the press: {left:.0f} seconds left.")
        return False

    async def _is_there(self, nonce: str) -> bool:
        """Whether a Handrail has written the press down. When the books cannot be read, they are read again."""
        try:
            return await self.shelf.read(CHECKED) == nonce
        except HandrailError:
            return False

    async def _end(self, place: Destination, message: str) -> None:
        """Nobody is left with a button that does nothing."""
        try:
            await self.tenant.door.update(place, message, Card(_ENDED))
        except HandrailError:
            self.told("The button could not be taken away again.")


def _nothing() -> Finding:
    sentence = f"nothing came back within {WAIT_SECONDS:.0f} seconds."
    do = (
        "Was the button pressed? Does `handrail serve` run, with the same settings and the same database? Can "
        "Microsoft reach the messaging endpoint of the Azure Bot from outside? If the log says teams_refused, it "
        "says why."
    )
    return Finding(Level.WRONG, ABOUT, sentence, do)


def _asking(nonce: str) -> Json:
    """The message with its button."""
    activity = activity_of(Card(_ASK))
    old = {"type": "Action.Submit", "title": LABEL, "data": {HANDRAIL: f"{CHECK}{nonce}"}}
    button = {**old, "type": "Action.Execute", "verb": VERB, "fallback": old}
    activity["attachments"][0]["content"]["body"].append({"type": "ActionSet", "actions": [button]})
    return activity

"""The SDK: which of Teams' activities goes to which part of the reception. Nothing outside this file knows it.

It is archived upstream, so little is asked of it: to name what came in. It gets a few words of routing and never what
somebody wrote; it makes no client, asks for no token and sends nothing.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity, ResourceResponse

from adapters.teams.answers import Answer
from adapters.teams.us import Json

SILENT = ("botbuilder", "botframework", "msal", "msrest", "urllib3")

_ACTIVITY, _ANSWER = "handrail.activity", "handrail.answer"


class Takes(Protocol):
    """The parts of the reception. Each is given a projection; what it raises reaches whoever ran the turn."""

    async def message(self, activity: Json) -> None: ...
    async def changed(self, activity: Json) -> None: ...
    async def added(self, activity: Json) -> None: ...
    async def moved(self, activity: Json) -> None: ...
    async def press(self, activity: Json) -> Answer: ...
    async def dialog_asked(self, activity: Json) -> Answer: ...
    async def dialog_sent(self, activity: Json) -> Answer: ...


class Turns:
    """Runs a projection through the SDK. There is no `on_turn_error`: it would answer 200 for what was lost."""

    def __init__(self, takes: Takes) -> None:
        self._adapter, self._routes = _Adapter(), _Routes(takes)

    async def run(self, activity: Json) -> Answer:
        """The answer to one activity. Raises what its part of the reception raises."""
        context = TurnContext(self._adapter, _routing(activity))
        context.turn_state[_ACTIVITY] = activity
        await self._adapter.run_pipeline(context, self._routes.on_turn)
        answer = context.turn_state.get(_ANSWER)
        return answer if isinstance(answer, Answer) else Answer()


def _routing(activity: Json) -> Activity:
    """What the SDK has to know to name an activity."""
    event = {"eventType": activity.get("channelData", {}).get("eventType", "")}
    named = {"type": activity.get("type", ""), "name": activity.get("name"), "action": activity.get("action")}
    return Activity(channel_id="msteams", channel_data=event, **named)


class _Routes(TeamsActivityHandler):  # type: ignore[misc]
    def __init__(self, takes: Takes) -> None:
        self._takes = takes
        self._invokes = {
            "adaptiveCard/action": takes.press,
            "task/fetch": takes.dialog_asked,
            "task/submit": takes.dialog_sent,
        }

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._takes.message(_of(turn_context))

    async def on_teams_message_edit(self, turn_context: TurnContext) -> None:
        await self._takes.changed(_of(turn_context))

    async def on_teams_message_undelete(self, turn_context: TurnContext) -> None:
        await self._takes.changed(_of(turn_context))

    async def on_teams_message_soft_delete(self, turn_context: TurnContext) -> None:
        await self._takes.changed(_of(turn_context))

    async def on_installation_update_add(self, turn_context: TurnContext) -> None:
        await self._takes.added(_of(turn_context))

    async def on_installation_update_remove(self, turn_context: TurnContext) -> None:
        await self._takes.moved(_of(turn_context))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        """Whole: the SDK's own would look every new member up over the network, with a client of its own."""
        await self._takes.moved(_of(turn_context))

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Nothing: the SDK's own breaks on an event without the parts it expects."""

    async def on_invoke_activity(self, turn_context: TurnContext) -> None:
        """Whole: the SDK cannot write down an answer that is a sentence, and what it can it writes down twice."""
        take = self._invokes.get(turn_context.activity.name)
        turn_context.turn_state[_ANSWER] = await take(_of(turn_context)) if take else Answer(501)


class _Adapter(BotAdapter):  # type: ignore[misc]
    """Nothing is ever sent through the SDK: that is the outbox's, and `adapters.teams.send`'s."""

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> list[ResourceResponse]:
        raise NotImplementedError

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        raise NotImplementedError

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:
        raise NotImplementedError


def _of(context: TurnContext) -> Json:
    activity: Json = context.turn_state[_ACTIVITY]
    return activity


def hush() -> None:
    """Silence the libraries that write down what passes through them, whatever level the root has. For the start."""
    for name in SILENT:
        library = logging.getLogger(name)
        library.setLevel(logging.CRITICAL)
        library.propagate = False
        if not library.handlers:
            library.addHandler(logging.NullHandler())

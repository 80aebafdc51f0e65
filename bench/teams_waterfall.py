"""A conversation as botbuilder-dialogs makes one: a WaterfallDialog of text prompts, its state in MemoryStorage.

The dialogs are put together once, and continued without the managers of further state that `run_dialog` loads each
turn: that is when it is fastest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from botbuilder.core import ActivityHandler, ConversationState, MemoryStorage, MessageFactory, TurnContext
from botbuilder.dialogs import (
    DialogSet,
    DialogTurnResult,
    DialogTurnStatus,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt

_TALK, _PROMPT = "talk", "prompt"


class Waterfall(ActivityHandler):
    """Asks so many questions, one after the other, and says when that was the last."""

    def __init__(self, prompts: int) -> None:
        self._state = ConversationState(MemoryStorage())
        self._dialogs = DialogSet(self._state.create_property("dialog"))
        self._dialogs.add(TextPrompt(_PROMPT))
        self._dialogs.add(WaterfallDialog(_TALK, [*(_asking(number + 1) for number in range(prompts)), _end]))

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        dialog = await self._dialogs.create_context(turn_context)
        if (await dialog.continue_dialog()).status is DialogTurnStatus.Empty:
            await dialog.begin_dialog(_TALK)
        await self._state.save_changes(turn_context)


def _asking(number: int) -> Callable[[WaterfallStepContext], Awaitable[DialogTurnResult]]:
    async def step(context: WaterfallStepContext) -> DialogTurnResult:
        question = MessageFactory.text(f"Question {number}")
        return await context.prompt(_PROMPT, PromptOptions(prompt=question))

    return step


async def _end(context: WaterfallStepContext) -> DialogTurnResult:
    await context.context.send_activity("That was the last")
    return await context.end_dialog()

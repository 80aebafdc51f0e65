"""What is decided about a conversation when nothing is heard for a while, or the same thing twice. Pure, like
`bot.hearing`: a conversation in, a decision out.
"""

from __future__ import annotations

from dataclasses import replace

from bot import asking
from bot.conversation import Conversation, Mode, is_asked_again, is_screened, walk
from bot.message import Tone
from bot.moment import Moment
from bot.pressing import end_unused
from bot.turn import Decision, Turn


def nudge(conversation: Conversation, moment: Moment) -> Decision:
    """Silent for a while: one quiet reminder (`nudge_minutes` in the trust's file)."""
    turn = Turn(conversation, None, moment)
    if conversation.nudged or conversation.mode is Mode.FINISHED:
        return turn.decision()
    turn.tell(asking.say(moment, _nudge_key(conversation)), buttons=asking.pause_buttons(conversation, moment))
    turn.conversation = replace(turn.conversation, nudged=True)
    return turn.decision()


def _nudge_key(conversation: Conversation) -> str:
    """What is true of the words at this moment: waiting for an answer, out, ready to go, or with nobody yet."""
    if conversation.wordless:
        return "silence.nudge_wordless"
    if is_asked_again(conversation):
        return "silence.nudge_held"
    if conversation.handed_off:
        return "silence.nudge_sent"
    if is_screened(conversation):
        return "silence.nudge"
    return "silence.nudge_blind" if conversation.blind else "silence.nudge_place"


def fall_silent(conversation: Conversation, moment: Moment) -> Decision:
    """Silent for too long before the essentials are done: what is known goes, and the member of staff is told so.

    So does what waits for a second answer about adults of the academy, and then past the usual team.
    """
    turn = Turn(conversation, None, moment)
    if is_asked_again(conversation):
        turn.tell(asking.say(moment, "silence.sent_on" if conversation.handed_off else "silence.sent"))
        turn.send()
        turn.go_to(walk(moment.flow, turn.conversation).next)
        return turn.decision()
    if conversation.steps_given or conversation.blind or conversation.mode is Mode.FINISHED:
        return turn.decision()
    if conversation.wordless:
        end_unused(turn)
        return turn.decision()
    if is_screened(conversation) and not conversation.handed_off:
        turn.tell(asking.say(moment, "silence.sent"))
    turn.send()
    return turn.decision()


def repeat(conversation: Conversation, moment: Moment) -> Decision:
    """What was heard already came again: nothing is kept or answered twice, and the question stands as it did."""
    turn = Turn(conversation, None, moment)
    turn.lead.append(asking.say(moment, "asking.resent", Tone.QUIET))
    if conversation.mode is Mode.FINISHED:
        turn.say_the_rest()
    else:
        turn.resume()
    return turn.decision()

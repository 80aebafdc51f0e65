"""The handoff and the ladder behind it: who is tried, for how long, who is next, and when the teacher is told to ring.

The ladder is frozen into the case when it starts. Escalation is the clock of a case, not its state; nothing goes on
after an acknowledgement. What anybody wrote never enters.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot import handoff, routing
from bot.case import LIFE, Case, CaseState, Entry, Kind
from bot.conversation import Conversation
from bot.message import Destination, Lane, Post
from bot.moment import Moment
from bot.ports import Audited, Timer, TimerKind, Tx

BOT = "handrail"
"""The actor of what nobody pressed: timers and consequences."""


def start(tx: Tx, case: Case, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> Case:
    """Hand the case to whoever may have it: its card where it belongs, the first rung's clock, the receipt."""
    route = routing.route(moment.directory, case, doors, moment.now)
    gone = tuple(place for place in case.posts if place not in route.destinations)
    started = replace(
        _handed_off(case),
        posts=route.destinations,
        ladder=route.ladder,
        rung=0,
        handed_off_at=moment.now,
        climbed_at=moment.now,
        delivered_at=None,
    )
    send(tx, moment, *handoff.moved_posts(case, moment, gone))
    send(tx, moment, *handoff.case_posts(started, conversation, moment, Lane.HANDOFF))
    tell_reporter(tx, started, conversation, moment, doors)
    record(tx, case, moment, "handed_off", route.whom)
    _set_clock(tx, started, moment)
    tx.save_case(started)
    return started


def _handed_off(case: Case) -> Case:
    """Whatever it was, it waits for somebody now; an acknowledgement by somebody it has left no longer counts."""
    event = {CaseState.OPEN: "hand_off", CaseState.MISTAKE: "hand_off", CaseState.ACKNOWLEDGED: "reopen"}.get(
        case.state
    )
    state = CaseState(LIFE.after(case.state, event)) if event else case.state
    return replace(case, state=state, acknowledged_at=None, acknowledged_by="", acknowledged_role="")


def climb(tx: Tx, ref: str, moment: Moment, doors: tuple[str, ...]) -> None:
    """The time of a rung has passed without an acknowledgement: on to the next, and past the last to the telephone."""
    case, conversation = tx.case(ref), tx.conversation_about(ref)
    if case is None or conversation is None or not case.waits:
        return
    higher = replace(case, rung=min(case.rung + 1, len(case.ladder)), climbed_at=moment.now)
    if higher.rung < len(higher.ladder):
        higher = _try_next(tx, higher, conversation, moment)
    else:
        _tell_to_ring(tx, higher, conversation, moment, first=case.rung < len(case.ladder))
    tell_reporter(tx, higher, conversation, moment, doors)
    _set_clock(tx, higher, moment)
    tx.save_case(higher)


def _try_next(tx: Tx, case: Case, conversation: Conversation, moment: Moment) -> Case:
    rung = case.ladder[case.rung]
    wider = replace(case, posts=tuple(dict.fromkeys((*case.posts, *rung.destinations))))
    send(tx, moment, *handoff.case_posts(wider, conversation, moment, Lane.ESCALATION))
    send(tx, moment, *handoff.notice(wider, moment, rung.destinations, "post.climbed"))
    record(tx, case, moment, "climbed", rung.role)
    return wider


def _tell_to_ring(tx: Tx, case: Case, conversation: Conversation, moment: Moment, *, first: bool) -> None:
    """Everybody was tried: the member of staff rings; the leads are reminded for as long as nobody has it (I9)."""
    send(tx, moment, *handoff.notice(case, moment, case.posts, "post.reminder"))
    if first:
        send(tx, moment, handoff.ring_note(case, conversation, moment))
        record(tx, case, moment, "exhausted")


def rise(tx: Tx, case: Case, moment: Moment) -> None:
    """The urgency rose: a new notice to everybody who has it, and the shorter clock of the rung."""
    send(tx, moment, *handoff.notice(case, moment, case.posts, "post.risen", Lane.HANDOFF))
    tx.audit(Audited(moment.now, BOT, "urgency_rose", case.ref, case.urgency))
    if case.waits:
        _set_clock(tx, case, moment)


def unreachable(tx: Tx, ref: str, place: Destination, moment: Moment) -> None:
    """A post of the case can't be delivered there: audited, and the next rung is tried at once if nobody else has it."""
    case = tx.case(ref)
    if case is None:
        return
    tx.audit(Audited(moment.now, BOT, "undeliverable", ref, place.key))
    left = replace(case, posts=tuple(p for p in case.posts if p != place))
    tx.save_case(left)
    if left.waits and not left.posts:
        tx.set_timer(Timer(TimerKind.RUNG, ref, moment.now))


def tell_reporter(tx: Tx, case: Case, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> None:
    """The receipt as it stands now, in place."""
    route = routing.route(moment.directory, case, doors, moment.now)
    send(tx, moment, handoff.receipt(case, conversation, moment, route))


def send(tx: Tx, moment: Moment, *posts: Post) -> None:
    for post in posts:
        tx.post(post, moment.now)


def record(tx: Tx, case: Case, moment: Moment, event: str, role: str = "") -> None:
    """A line of the chronology and a row of the audit, together."""
    values = (event, role) if role else (event,)
    tx.chronicle(Entry(case.ref, moment.now, Kind.EVENT, BOT, values=values))
    tx.audit(Audited(moment.now, BOT, event, case.ref, role))


def _set_clock(tx: Tx, case: Case, moment: Moment) -> None:
    """The persisted next deadline of a case that waits (I9); with nobody to try, the telephone is said at once."""
    since = case.climbed_at or moment.now
    wait = timedelta(minutes=case.minutes_per_rung) if case.ladder else timedelta(0)
    tx.set_timer(Timer(TimerKind.RUNG, case.ref, max(since + wait, moment.now)))

"""The handoff and the ladder behind it: who is tried, for how long, who is next, and when the teacher is told to ring.

The ladder is frozen into the case when it starts. Escalation is the clock of a case, not its state; nothing goes on
after an acknowledgement. What anybody wrote never enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot import handoff, receipt, routing
from bot.case import LIFE, Case, CaseState, Entry, Kind, Notice, Urgency
from bot.conversation import Conversation
from bot.message import Destination, Lane, Person, Post, Reach
from bot.moment import Moment
from bot.ports import Audited, Timer, TimerKind, Tx

BOT = "handrail"
"""The actor of what nobody pressed: timers and consequences."""

_LONGEST = timedelta(hours=4)
"""Between two reminders of a case that nobody has. The wait grows with the case's age, so that posts do not pile up."""


def start(tx: Tx, case: Case, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> Case:
    """Hand the case to whoever may have it: its card where it belongs, the first rung's clock, the receipt."""
    route = routing.route(moment.directory, case, doors, moment.now)
    started = replace(
        _handed_off(tx, replace(case, ladder=route.ladder, rung=0), moment),
        posts=route.destinations,
        notices=(),
        whom=route.whom,
        handed_off_at=moment.now,
        climbed_at=moment.now,
        delivered_at=None,
        delivered_role="",
    )
    send(tx, moment, *handoff.farewells(case, moment, route.destinations))
    send(tx, moment, *handoff.case_posts(started, conversation, moment, Lane.HANDOFF))
    tell_reporter(tx, started, conversation, moment)
    record(tx, case, moment, "handed_off", route.whom)
    if not route.ladder:
        _tell_to_ring(tx, started, conversation, moment)
    _set_clock(tx, started, moment)
    tx.save_case(started)
    return started


def _handed_off(tx: Tx, case: Case, moment: Moment) -> Case:
    """Whatever it was, it waits for somebody now; an acknowledgement by somebody it has left no longer counts (I8)."""
    if case.acknowledged_by in routing.readers(moment.directory, case):
        return case
    if case.state is CaseState.ACKNOWLEDGED:
        tx.audit(Audited(moment.now, BOT, "reopened", case.ref, case.acknowledged_role))
    event = {CaseState.OPEN: "hand_off", CaseState.MISTAKE: "hand_off", CaseState.ACKNOWLEDGED: "reopen"}.get(
        case.state
    )
    state = CaseState(LIFE.after(case.state, event)) if event else case.state
    return replace(case, state=state, acknowledged_at=None, acknowledged_by="", acknowledged_role="")


def climb(tx: Tx, ref: str, moment: Moment) -> None:
    """The time of a rung has passed without an acknowledgement: on to the next, and past the last to the telephone."""
    case, conversation = tx.case(ref), tx.conversation_about(ref)
    if case is None or conversation is None or not case.waits:
        return
    higher = replace(case, rung=min(case.rung + 1, len(case.ladder)), climbed_at=moment.now)
    if not higher.is_exhausted:
        higher = _try_next(tx, higher, conversation, moment)
        _urge_to_ring(tx, higher, conversation, moment)
    else:
        higher = _draw_the_eye(tx, higher, moment, "post.reminder", higher.posts)
        if not case.is_exhausted:
            _tell_to_ring(tx, higher, conversation, moment)
    tell_reporter(tx, higher, conversation, moment)
    _set_clock(tx, higher, moment)
    tx.save_case(higher)


def _try_next(tx: Tx, case: Case, conversation: Conversation, moment: Moment) -> Case:
    rung = case.ladder[case.rung]
    wider = replace(case, posts=tuple(dict.fromkeys((*case.posts, *rung.destinations))))
    theirs = replace(case, posts=rung.destinations)
    send(tx, moment, *handoff.case_posts(theirs, conversation, moment, Lane.ESCALATION))
    send(tx, moment, *handoff.case_posts(case, conversation, moment))
    record(tx, case, moment, "climbed", rung.role)
    key = "post.climbed" if handoff.minutes_waited(case, moment.now) else "post.climbed_at_once"
    return _draw_the_eye(tx, wider, moment, key, rung.destinations)


def _urge_to_ring(tx: Tx, case: Case, conversation: Conversation, moment: Moment) -> None:
    """When somebody must act now, every rung that has let its time pass sends the member of staff to the telephone."""
    if case.urgency is Urgency.NOW and handoff.minutes_waited(case, moment.now):
        send(tx, moment, receipt.lapsed_note(case, conversation, moment))


def _tell_to_ring(tx: Tx, case: Case, conversation: Conversation, moment: Moment) -> None:
    """Everybody was tried, or there is nobody to try: the member of staff rings (I9)."""
    send(tx, moment, receipt.ring_note(case, conversation, moment))
    record(tx, case, moment, "exhausted")


def _draw_the_eye(tx: Tx, case: Case, moment: Moment, key: str, places: Sequence[Destination]) -> Case:
    """A new message in each place; the one that stood there before gives up its buttons."""
    slot = f"notice:{case.ref}:{key}:{moment.now.isoformat()}"
    new = tuple(Notice(place, slot) for place in places)
    old = tuple(notice for notice in case.notices if notice.place in places)
    send(tx, moment, *handoff.superseded(old, moment), *handoff.notices(case, moment, new, key))
    return replace(case, notices=(*(notice for notice in case.notices if notice not in old), *new))


def rise(tx: Tx, case: Case, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> Case:
    """The urgency rose: a new notice to everybody who has it, whoever acknowledged it above all; the shorter clock."""
    tx.audit(Audited(moment.now, BOT, "urgency_rose", case.ref, case.urgency))
    return _to_everybody(tx, with_the_holder(tx, case, conversation, moment, doors), moment, "post.risen")


def warn(tx: Tx, case: Case, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> Case:
    """A sign of danger has been told: a new notice to everybody who has it, however urgent it was already (D-11)."""
    tx.audit(Audited(moment.now, BOT, "danger_told", case.ref))
    return _to_everybody(tx, with_the_holder(tx, case, conversation, moment, doors), moment, "post.danger_sign")


def with_the_holder(tx: Tx, case: Case, conversation: Conversation, moment: Moment, doors: tuple[str, ...]) -> Case:
    """The case's card stands one to one with whoever acknowledged it as well."""
    theirs = tuple(place for place in _holder(case, moment, doors) if place not in case.posts)
    wider = replace(case, posts=(*case.posts, *theirs))
    send(tx, moment, *handoff.case_posts(replace(case, posts=theirs), conversation, moment, Lane.HANDOFF))
    return wider


def _to_everybody(tx: Tx, case: Case, moment: Moment, key: str) -> Case:
    if case.waits:
        _set_clock(tx, case, moment)
    return _draw_the_eye(tx, case, moment, key, case.posts)


def tell_of_more(tx: Tx, case: Case, moment: Moment, key: str = "post.more") -> Case:
    """Something joined the case after its reporter had finished: whoever has it is told that there is more.

    A notice of danger, or that nobody has acknowledged, stays as it is: this one weighs less.
    """
    tx.audit(Audited(moment.now, BOT, "more_added", case.ref))
    tx.clear_timers(case.ref, (TimerKind.MORE,))
    light = tuple(f"notice:{case.ref}:{each}:" for each in ("post.more", "post.answered", "post.undelivered"))
    weightier = tuple(notice for notice in case.notices if not notice.slot.startswith(light))
    lighter = tuple(notice for notice in case.notices if notice not in weightier)
    told = _draw_the_eye(tx, replace(case, notices=lighter), moment, key, case.posts)
    return replace(told, notices=(*weightier, *told.notices), more_told_at=moment.now)


def _holder(case: Case, moment: Moment, doors: tuple[str, ...]) -> tuple[Destination, ...]:
    """Where the person who acknowledged is reached one to one, if the case may still be theirs."""
    if case.acknowledged_by not in routing.readers(moment.directory, case):
        return ()
    return routing.addresses((moment.directory.person(case.acknowledged_by),), doors)


def arrived(tx: Tx, case: Case, conversation: Conversation, place: Destination, moment: Moment) -> None:
    """A platform has taken the case's card for a place where it belongs: now it is with somebody (I11)."""
    tx.audit(Audited(moment.now, BOT, "delivered", case.ref, place.key))
    if case.delivered_at:
        return
    with_somebody = replace(case, delivered_at=moment.now, delivered_role=_role_at(case, place, moment))
    tx.save_case(with_somebody)
    tell_reporter(tx, with_somebody, conversation, moment)
    if with_somebody.waits:
        _set_clock(tx, with_somebody, moment)


def _role_at(case: Case, place: Destination, moment: Moment) -> str:
    """Who has it once it is there: whom it was handed to, a later rung, or one of a team that has lost its channel."""
    roles = [rung.role for rung in case.ladder[1:] if place in rung.destinations]
    if roles:
        return roles[0]
    person = moment.directory.person_at(Person(place.door, place.id))
    if person is None or not case.ladder or place in case.ladder[0].destinations:
        return case.whom
    return routing.role_of(moment.directory, case, person)


def unreachable(tx: Tx, ref: str, place: Destination, moment: Moment, why: str) -> None:
    """A post of the case cannot be delivered there: the next rung is tried at once if nobody else has it."""
    case, conversation = tx.case(ref), tx.conversation_about(ref)
    if case is None or conversation is None or place not in case.posts:
        return
    tx.audit(Audited(moment.now, BOT, "undeliverable", ref, f"{place.key}: {why}"))
    left = _without(case, place)
    tx.save_case(left)
    if left.whom != case.whom:
        tell_reporter(tx, left, conversation, moment)
    if left.waits and not left.is_exhausted and not _is_tried(left):
        tx.set_timer(Timer(TimerKind.RUNG, ref, moment.now))


def one_to_one(tx: Tx, ref: str, channel: Destination, moment: Moment, doors: tuple[str, ...]) -> None:
    """Its channel cannot have it: everybody of the team who would have read it there gets it one to one, at once."""
    case, conversation = tx.case(ref), tx.conversation_about(ref)
    if case is None or conversation is None or channel not in case.posts:
        return
    theirs = tuple(place for place in routing.team(moment.directory, case, doors) if place not in case.posts)
    send(tx, moment, *handoff.case_posts(replace(case, posts=theirs), conversation, moment, Lane.HANDOFF))
    tx.save_case(replace(case, posts=(*case.posts, *theirs)))


def _channels(case: Case) -> tuple[Destination, ...]:
    return tuple(place for place in case.posts if place.reach is Reach.CHANNEL)


def alarm(tx: Tx, ref: str, why: str, moment: Moment, doors: tuple[str, ...]) -> None:
    """The academy's channel is not safe for a case: its first rung and the trust's lead hear why, one to one (I4)."""
    case = tx.case(ref)
    if case is None or case.doubted == why:
        return
    tx.audit(Audited(moment.now, BOT, "doubted", ref, why))
    tx.save_case(replace(case, doubted=why))
    stood = any(tx.stands(place, handoff.case_slot(case)) for place in _channels(case))
    send(tx, moment, *handoff.alarms(case, moment, _alarmed(case, moment, doors), why, stood=stood))


def alarm_over(tx: Tx, case: Case, moment: Moment, doors: tuple[str, ...]) -> None:
    """The channel could be looked up after all, and has the case now."""
    if not case.doubted:
        return
    tx.save_case(replace(case, doubted=""))
    send(tx, moment, *handoff.alarms_over(case, moment, _alarmed(case, moment, doors)))


def _alarmed(case: Case, moment: Moment, doors: tuple[str, ...]) -> tuple[Destination, ...]:
    people = (*(case.ladder[0].people if case.ladder else ()), moment.directory.trust.lead.id)
    away = routing.implicated(moment.directory, case)
    roster = {person.id: person for person in moment.directory.people}
    told = [roster[id] for id in dict.fromkeys(people) if id in roster and id not in away]
    return routing.addresses(told, doors)


def _without(case: Case, place: Destination) -> Case:
    """Without the channel it is no longer with the team, but with the first of them one to one."""
    left = replace(case, posts=tuple(p for p in case.posts if p != place))
    if place.reach is not Reach.CHANNEL or not case.ladder:
        return left
    first = case.ladder[0]
    theirs = case.delivered_role == case.whom and not set(left.posts).isdisjoint(first.destinations)
    return replace(left, whom=first.role, delivered_role=first.role if theirs else case.delivered_role)


def _is_tried(case: Case) -> bool:
    """Whether the rung now waited on has a place left; the channel counts for the first."""
    channels = _channels(case) if case.rung == 0 else ()
    return bool(channels) or not set(case.posts).isdisjoint(case.ladder[case.rung].destinations)


def hurry(tx: Tx, ref: str, moment: Moment) -> None:
    """Nobody is known to have it and the platform keeps it waiting: the next rung is tried at once."""
    case = tx.case(ref)
    if case and case.waits and not case.delivered_at and not case.is_exhausted:
        tx.set_timer(Timer(TimerKind.RUNG, ref, moment.now))


def tell_reporter(tx: Tx, case: Case, conversation: Conversation, moment: Moment) -> None:
    """The receipt as it stands now, in place."""
    send(tx, moment, receipt.receipt(case, conversation, moment))


def send(tx: Tx, moment: Moment, *posts: Post) -> None:
    for post in posts:
        tx.post(post, moment.now)


def record(tx: Tx, case: Case, moment: Moment, event: str, role: str = "") -> None:
    """A line of the chronology and a row of the audit, together."""
    values = (event, role) if role else (event,)
    tx.chronicle(Entry(case.ref, moment.now, Kind.EVENT, BOT, values=values))
    tx.audit(Audited(moment.now, BOT, event, case.ref, role))


def _set_clock(tx: Tx, case: Case, moment: Moment) -> None:
    """The persisted next deadline of a case that waits (I9); of any other there is none."""
    if not case.waits:
        tx.clear_timers(case.ref, (TimerKind.RUNG,))
        return
    tx.set_timer(Timer(TimerKind.RUNG, case.ref, max((case.climbed_at or moment.now) + _wait(case), moment.now)))


def _wait(case: Case) -> timedelta:
    least = timedelta(minutes=case.minutes_per_rung)
    if not case.is_exhausted or not (case.climbed_at and case.handed_off_at):
        return least
    return max(least, min(_LONGEST, (case.climbed_at - case.handed_off_at) / 2))

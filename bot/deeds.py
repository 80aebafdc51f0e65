"""Carrying out a decision, all in one transaction: the words, the case, the posts, the timers, the audit.

What is decided comes from `bot.hearing`; who is told comes from `bot.escalation`. Nothing is sent here: posts go to the
outbox and leave after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot import escalation, handoff, more, nextsteps, receipt, routing
from bot.case import LIFE, Case, CaseState, Kind
from bot.conversation import Conversation, academy_of, is_asked_again, is_screened, is_urgent, staff_of
from bot.facts import StaffRole
from bot.message import Post
from bot.moment import Moment
from bot.ports import Audited, Timer, TimerKind, Tx
from bot.turn import Decision, Deed


@dataclass(frozen=True, slots=True)
class Work:
    """One decision on its way into the books."""

    tx: Tx
    moment: Moment
    doors: tuple[str, ...]
    before: Conversation
    decision: Decision

    @property
    def now(self) -> Conversation:
        return self.decision.conversation

    @property
    def is_silence(self) -> bool:
        """Nothing was heard: a timer of the conversation has come due."""
        return self.now.heard_at != self.moment.now

    def case(self) -> Case:
        """The case as it stands in the books, with what the conversation has since said about it."""
        found = self.tx.case(self.now.ref)
        return found or Case(self.now.ref, self.now.sender, self.now.started_at)


def carry_out(work: Work) -> None:
    """Write the decision down. The handoff's posts come before the replies: the lead first, the teacher after."""
    for entry in work.decision.entries:
        work.tx.chronicle(entry)
    for deed in work.decision.deeds:
        if deed in _DEEDS:
            _DEEDS[deed](work)
    _fall_quiet(work)
    for reply in work.decision.replies:
        work.tx.post(Post(receipt.to_reporter(work.now), reply.slot, reply.card, reply.lane), work.moment.now)
    _set_timers(work)
    work.tx.save_conversation(work.now)


def open_case(tx: Tx, conversation: Conversation, moment: Moment) -> None:
    """The first word of a conversation: the case is in the books before anything is asked."""
    tx.save_case(Case(conversation.ref, conversation.sender, moment.now))
    tx.audit(Audited(moment.now, conversation.sender.key, "opened_conversation", conversation.ref))
    timing = moment.directory.trust.timing
    tx.set_timer(Timer(TimerKind.NUDGE, conversation.id, moment.now + timedelta(minutes=timing.nudge_minutes)))
    tx.set_timer(Timer(TimerKind.SILENCE, conversation.id, moment.now + timedelta(minutes=timing.silent_minutes)))


def _hand_off(work: Work) -> None:
    """With danger the next steps go out with the case: nobody waits for them until the last question (D-11)."""
    before, case = work.case(), _start(work)
    if before.acknowledged_at and not case.acknowledged_at:
        escalation.send(work.tx, work.moment, *receipt.moved(before, case, work.now, work.moment, "receipt.placed"))
    if case.alert and Deed.NEXT_STEPS not in work.decision.deeds:
        _post_steps(work, case)


def _start(work: Work) -> Case:
    placed = replace(_placed(work, work.case()), unscreened=False)
    case = replace(placed, urgency=handoff.urgency(work.moment, work.now), alert=placed.alert or bool(_dangers(work)))
    work.tx.audit(Audited(work.moment.now, work.now.sender.key, "sent", case.ref))
    case = _past_the_blind_notice(work, case, "blind.passed_on")
    return escalation.start(work.tx, case, work.now, work.moment, work.doors)


def _dangers(work: Work) -> frozenset[str]:
    return handoff.danger_signs(work.moment, work.now)


def _is_danger_told(work: Work) -> bool:
    """Whether this turn brought a sign of danger that was not known before."""
    known = handoff.danger_signs(work.moment, work.before)
    return Deed.DANGER_SAID in work.decision.deeds or not _dangers(work) <= known


def _past_the_blind_notice(work: Work, case: Case, key: str) -> Case:
    """Those who saw the notice without words learn, as wordlessly, that nothing more is asked of them."""
    over = handoff.blind_over(work.now, work.moment, case.blind_places, key)
    escalation.send(work.tx, work.moment, *over)
    return replace(case, blind_places=())


def _placed(work: Work, case: Case) -> Case:
    """The case with where it belongs, as answered."""
    academy, staff = academy_of(work.now), frozenset(staff_of(work.now))
    if case.implicated is not None and (academy, staff, work.now.shared) == (case.academy, case.staff, case.shared):
        return case
    placed = replace(case, academy=academy, staff=staff, shared=work.now.shared)
    return replace(placed, implicated=routing.holders_named(work.moment.directory, placed))


def _update(work: Work) -> None:
    """An answer joined a case that is out: in place; moved if it belongs elsewhere; a notice only if more urgent."""
    case = work.case()
    placed = _placed(work, case)
    if placed is not case and _route(work, case) != _route(work, placed):
        _move(work, case, placed)
        return
    urgency = handoff.urgency(work.moment, work.now)
    changed = replace(placed, urgency=urgency, alert=case.alert or bool(_dangers(work)))
    if _is_danger_told(work):
        changed = _warn(work, changed)
    elif urgency.rank > case.urgency.rank:
        changed = escalation.rise(work.tx, changed, work.now, work.moment, work.doors)
    escalation.send(work.tx, work.moment, *handoff.case_posts(changed, work.now, work.moment))
    if changed != case:
        work.tx.save_case(changed)
    _refresh_steps(work, changed)


def _warn(work: Work, case: Case) -> Case:
    """Those who have it hear of the danger; until one of them has acknowledged it the receipt gives the numbers."""
    warned = escalation.warn(work.tx, case, work.now, work.moment, work.doors)
    escalation.tell_reporter(work.tx, warned, work.now, work.moment)
    return warned


def _danger_said(work: Work) -> None:
    """Danger in words that answered nothing. Where the case changes in the same turn, it is told there."""
    if (work.now.handed_off or work.before.blind) and not {Deed.UPDATE, Deed.HAND_OFF} & set(work.decision.deeds):
        _update(work)


def _route(work: Work, case: Case) -> routing.Route:
    return routing.route(work.moment.directory, case, work.doors, work.moment.now)


def _move(work: Work, before: Case, placed: Case) -> None:
    """It belongs to somebody else now: the earlier places lose it, and the reporter hears whom to speak to."""
    escalation.record(work.tx, before, work.moment, "moved", _route(work, placed).whom)
    moved = _start(work)
    if _is_danger_told(work) and moved.acknowledged_at:
        work.tx.save_case(_warn(work, moved))
    unsaid = is_asked_again(work.before) and staff_of(work.now) == {StaffRole.UNKNOWN}
    key = "receipt.unsaid" if unsaid else "receipt.moved"
    escalation.send(work.tx, work.moment, *receipt.moved(before, moved, work.now, work.moment, key))
    _correct_steps(work, moved)


def _refresh_steps(work: Work, case: Case) -> None:
    """The next steps stand corrected in place when an answer changes them."""
    before, now = (nextsteps.steps_of(it, work.moment) for it in (work.before, work.now))
    if before != now:
        _correct_steps(work, case)


def _correct_steps(work: Work, case: Case) -> None:
    """Where they stand already, and no newer card of them comes in this turn."""
    if nextsteps.are_out(work.before) and Deed.NEXT_STEPS not in work.decision.deeds:
        _post_steps(work, case)


def _next_steps(work: Work) -> None:
    """The card of an alert makes room for a new one, so that nobody has to look for it above the questions."""
    case = work.case()
    if nextsteps.are_out(work.before):
        escalation.send(work.tx, work.moment, nextsteps.early_card_gone(case, work.now, work.moment))
        if work.is_silence:
            escalation.send(work.tx, work.moment, receipt.called_away(case, work.now, work.moment))
    _post_steps(work, case)


def _post_steps(work: Work, case: Case) -> None:
    escalation.send(work.tx, work.moment, nextsteps.steps_card(case, work.now, work.moment))


def _fall_quiet(work: Work) -> None:
    """At the nudge the leads' card stops saying that more is coming."""
    if not (work.now.handed_off and work.now.nudged and not work.before.nudged):
        return
    if case := work.tx.case(work.now.ref):
        escalation.send(work.tx, work.moment, *handoff.case_posts(case, work.now, work.moment))


def _blind_notice(work: Work) -> None:
    """Only that a colleague needs a lead; the words open to the one person the trust has named, or to nobody yet."""
    tx, moment = work.tx, work.moment
    case = replace(work.case(), academy=academy_of(work.now), staff=frozenset(staff_of(work.now)), unscreened=True)
    places = routing.blind_destinations(moment.directory, case, work.doors)
    case = replace(case, blind_places=places)
    asked = routing.is_asked_to_open(moment.directory, case, work.doors)
    escalation.send(tx, moment, *handoff.blind_posts(work.now, moment, places, asked=asked))
    escalation.send(tx, moment, receipt.blind_note(case, work.now, moment, sent=bool(places)))
    escalation.record(tx, case, moment, "blind")
    if routing.opener(moment.directory, case):
        case = replace(case, urgency=handoff.urgency(moment, work.now), alert=bool(_dangers(work)))
        escalation.start(tx, case, work.now, moment, work.doors)
    else:
        tx.save_case(case)


def _mistake(work: Work) -> None:
    """The reporter says it was opened by mistake: a case that is out says so and stays with the lead."""
    case = _past_the_blind_notice(work, work.case(), "blind.mistake")
    escalation.record(work.tx, case, work.moment, "mistake")
    work.tx.clear_timers(work.now.id, (TimerKind.NUDGE, TimerKind.SILENCE))
    if case.state is CaseState.OPEN:
        work.tx.save_case(replace(case, state=CaseState(LIFE.after(case.state, "mistake"))))
    else:
        mistaken = replace(case, mistaken=True)
        work.tx.save_case(mistaken)
        escalation.send(work.tx, work.moment, *handoff.case_posts(mistaken, work.now, work.moment))


def _join(work: Work) -> None:
    """What was told here belongs to the earlier case: it is copied there, its leads hear of it, and this one closes."""
    tx, moment, earlier = work.tx, work.moment, work.now.earlier_ref
    for entry in tx.chronology(work.now.ref):
        if entry.kind is not Kind.EVENT:
            tx.chronicle(replace(entry, ref=earlier, at=moment.now, kind=Kind.ADDITION))
    tx.clear_timers(work.now.id, (TimerKind.NUDGE, TimerKind.SILENCE))
    case = work.case()
    escalation.record(tx, case, moment, "joined")
    tx.save_case(replace(case, state=CaseState(LIFE.after(case.state, "join"))))


def may_join(tx: Tx, new: Conversation) -> bool:
    """Whether what is told now may be added to the earlier case: the same academy, and the same adults, or none.

    Words about an adult must never join a case that this adult may read (N-18).
    """
    earlier = tx.case(new.earlier_ref)
    told = (academy_of(new), frozenset(staff_of(new)))
    return earlier is not None and is_screened(new) and told == (earlier.academy, earlier.staff)


def reopen_joined(tx: Tx, ref: str, moment: Moment) -> None:
    """The earlier conversation goes on, so that the next message joins it too; whoever has its case is told of more."""
    case, conversation = tx.case(ref), tx.conversation_about(ref)
    if case is None or conversation is None:
        return
    reopened = replace(conversation, closed=False, heard_at=moment.now)
    tx.save_conversation(reopened)
    escalation.send(tx, moment, *handoff.case_posts(case, reopened, moment))
    tx.save_case(escalation.tell_of_more(tx, case, moment))


def _set_timers(work: Work) -> None:
    """A nudge for the next silence, the shorter wait of a child in danger; none once the steps are given."""
    timing, now = work.moment.directory.trust.timing, work.moment.now
    if work.now.closed:
        return
    if work.before.nudged and not work.now.nudged:
        due = now + timedelta(minutes=timing.nudge_minutes)
        work.tx.set_timer(Timer(TimerKind.NUDGE, work.now.id, due))
    newly_urgent = is_urgent(work.now) and not is_urgent(work.before)
    waits = work.now.held or not is_screened(work.now)
    if (work.now.held and not work.before.held) or (newly_urgent and waits):
        minutes = timing.danger_silent_minutes if is_urgent(work.now) else timing.silent_minutes
        work.tx.set_timer(Timer(TimerKind.SILENCE, work.now.id, now + timedelta(minutes=minutes)))
    elif work.now.steps_given and not work.before.steps_given:
        work.tx.clear_timers(work.now.id, (TimerKind.SILENCE,))


def _replied(work: Work) -> None:
    """The reporter has answered a lead's question: whoever has the case is told."""
    if case := work.tx.case(work.now.ref):
        escalation.send(work.tx, work.moment, *handoff.case_posts(case, work.now, work.moment))
        case = escalation.with_the_holder(work.tx, case, work.now, work.moment, work.doors)
        work.tx.save_case(escalation.tell_of_more(work.tx, case, work.moment, "post.answered"))


def _added(work: Work) -> None:
    more.tell(work.tx, work.now, work.moment, work.doors)


_DEEDS: Mapping[Deed, Callable[[Work], None]] = {
    Deed.HAND_OFF: _hand_off,
    Deed.BLIND_NOTICE: _blind_notice,
    Deed.UPDATE: _update,
    Deed.NEXT_STEPS: _next_steps,
    Deed.DANGER_SAID: _danger_said,
    Deed.MISTAKE: _mistake,
    Deed.JOIN: _join,
    Deed.REPLIED: _replied,
    Deed.ADDED: _added,
}

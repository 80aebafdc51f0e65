"""What a lead does now, made from the facts: whom to find, whom to ring and at which number, what is then due. Pure.

Every line ends with the policy behind it. A child's words and names never enter: only the colleague's own name does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bot import contacts, routing
from bot.assessment import Action, Agency, Assessment, Flag, Level
from bot.case import Case
from bot.contacts import Number
from bot.conversation import Conversation, home_of
from bot.directory import Authority
from bot.facts import Device, Facts, LeadTold, Seen
from bot.message import Passage, Tone
from bot.moment import Moment

_DUE = (Level.REFER, Level.NOW)
_NOW_OR_TODAY = {Level.REFER: "do_now.today", Level.NOW: "do_now.at_once"}
_IN_TURN = (Agency.SOCIAL_CARE, Agency.POLICE, Agency.LADO, Agency.EDUCATION_ADVICE, Agency.CEOP)

_TOLD: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("view.seen", lambda f: f.seen_by_staff in (Seen.BY_ACCIDENT, Seen.SHOWN)),
    ("view.tried", lambda f: f.lead_told is LeadTold.TRIED),
    ("view.school_device", lambda f: f.device is Device.SCHOOL_DEVICE),
)


def told_flags(facts: Facts, moment: Moment) -> tuple[str, ...]:
    """What a lead must note that no rule of the assessment weighs (N-07, N-19, N-06)."""
    return tuple(moment.say(key) for key, is_told in _TOLD if is_told(facts))


def do_now(case: Case, conversation: Conversation, assessment: Assessment, moment: Moment) -> Passage:
    """The list, the most pressing first."""
    name = conversation.sender_name or conversation.sender.id
    lines = (
        *_first(assessment, name, moment),
        *_referrals(case, conversation, assessment, moment),
        *_then(case, conversation, assessment, moment),
    )
    return Passage(tuple(lines), moment.say("do_now.heading"), Tone.DO)


def _first(assessment: Assessment, name: str, moment: Moment) -> Iterator[str]:
    if Flag.IMMEDIATE_DANGER in assessment.flags:
        yield _sourced(moment, "danger", moment.say("do_now.danger"))
    yield _sourced(moment, "find", moment.say("do_now.find", name=name))


def _then(case: Case, conversation: Conversation, assessment: Assessment, moment: Moment) -> Iterator[str]:
    if assessment.actions[Agency.SOCIAL_CARE].level in _DUE:
        hours = sorted({council.marf_hours for council in _councils(case, conversation, moment)})
        said = " or ".join(f"{each:g}" for each in hours)
        yield _sourced(moment, "form", moment.say("do_now.form", hours=said))
    if not routing.concerns_staff(case) and Flag.STAFF not in assessment.flags:
        yield _sourced(moment, "head", moment.say("do_now.head"))
    yield _sourced(moment, "parents", moment.say("do_now.parents"))
    yield _sourced(moment, "nobody", moment.say("do_now.nobody"))
    yield _sourced(moment, "review", moment.say("do_now.review"))


def _sourced(moment: Moment, key: str, said: str) -> str:
    return f"{said} ({', '.join(moment.lines('do_now.source.' + key))})"


def _referrals(case: Case, conversation: Conversation, assessment: Assessment, moment: Moment) -> Iterator[str]:
    """One line for each agency that is to be told; 999 stands for the police while somebody is in danger."""
    danger = Flag.IMMEDIATE_DANGER in assessment.flags
    for agency in _turns(assessment):
        if not (danger and agency is Agency.POLICE):
            found = _services(case, conversation, agency, moment)
            yield _referral(agency, assessment.actions[agency], found, moment)
    if assessment.actions[Agency.REMOVAL].level in _DUE:
        yield _sourced(moment, "removal", moment.say("do_now.removal"))


def _turns(assessment: Assessment) -> list[Agency]:
    """The LADO first when staff are concerned (N-18), then what is most urgent."""
    due = [agency for agency in _IN_TURN if assessment.actions[agency].level in _DUE]
    return sorted(due, key=lambda agency: (agency is not Agency.LADO, -assessment.actions[agency].level.rank))


def _referral(agency: Agency, action: Action, found: Iterable[Number], moment: Moment) -> str:
    services = ", or ".join(contacts.to_ring(number) for number in found)
    whom = moment.say(f"agency.{agency}")
    when = moment.say(_NOW_OR_TODAY[action.level])
    if services:
        said = moment.say("do_now.ring", agency=whom, services=services, when=when)
    else:
        key = "do_now.no_lado" if agency is Agency.LADO else "do_now.no_number"
        said = moment.say(key, agency=whom, when=when)
    return f"{said} ({', '.join(action.sources[:3])})"


def _services(case: Case, conversation: Conversation, agency: Agency, moment: Moment) -> tuple[Number, ...]:
    """What to ring for an agency: of each council that may be the child's the first that answers."""
    if agency is Agency.LADO:
        return contacts.lado(moment.directory, None, case.academy or None, moment.now)
    councils = _councils(case, conversation, moment)
    listed = (contacts.numbers(moment.directory, moment.now, authority=council.id) for council in councils)
    firsts = (_first_of(agency, every) for every in listed)
    return tuple(dict.fromkeys(number for number in firsts if number))


def _first_of(agency: Agency, every: Iterable[Number]) -> Number | None:
    """They stand in the order in which to ring: open, then not known, then shut."""
    return next((number for number in every if number.agency == agency and number.phone), None)


def _councils(case: Case, conversation: Conversation, moment: Moment) -> tuple[Authority, ...]:
    """The council the child lives in; while it is not known all, that of the academy first (N-24)."""
    home = moment.directory.authority(home_of(conversation))
    if home:
        return (home,)
    school = moment.directory.academy(case.academy)
    return tuple(sorted(moment.directory.authorities, key=lambda each: not school or each.id != school.authority))


def is_for_the_lead(number: Number, assessment: Assessment) -> bool:
    """Whether a line belongs on this case's view: no closed helpline, CEOP and removal only when proposed (N-14)."""
    only_if = (Agency.CEOP, Agency.REMOVAL)
    is_proposed = all(number.agency != each or assessment.actions[each].level is not Level.NONE for each in only_if)
    return is_proposed and not number.probably_closed

"""Nobody acknowledges: the next person is tried in the set minutes, and in the end the teacher is told to ring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Case
from bot.errors import SendRefused
from bot.message import Card, Destination
from bot.ports import Timer, TimerKind
from tests import leads
from tests.leads import at_person, behind, restart, rewrite, trust_file
from tests.on_the_way import say
from tests.school import FRIDAY_MORNING, School, school, text_of

CHRISTMAS_EVE_MORNING = datetime(2026, 12, 24, 10, 0, tzinfo=UTC)
GOOD_FRIDAY_MORNING = datetime(2027, 3, 26, 10, 0, tzinfo=UTC)
RUNGS = ("dsl-north", "deputy-north", "head-north", "trust-lead")


def has_it(here: School) -> list[str]:
    """Who has been reached one to one, in the order of the ladder."""
    return [who for who in RUNGS if here.reads(who)]


# --- the minutes ---


async def test_each_rung_is_tried_after_the_minutes_set_for_the_one_before(here: School) -> None:
    await here.tells_the_essentials()
    assert has_it(here) == ["dsl-north"]
    for number in (2, 3, 4):
        await here.passes(minutes=9, seconds=50)
        assert len(has_it(here)) == number - 1
        await here.passes(seconds=20)
        assert has_it(here) == list(RUNGS[:number])


async def test_when_somebody_must_act_now_the_shorter_minutes_count(here: School) -> None:
    await leads.tells(here)
    for number in (2, 3, 4):
        await here.passes(minutes=2, seconds=50)
        assert len(has_it(here)) == number - 1
        await here.passes(seconds=20)
        assert has_it(here) == list(RUNGS[:number])


async def test_the_clock_of_the_rung_grows_shorter_when_the_urgency_rises(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=2)
    await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
    await here.passes(minutes=1, seconds=30)
    assert has_it(here) == ["dsl-north", "deputy-north"]


async def test_the_next_person_is_told_for_how_long_and_the_teacher_who_is_tried(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=10, seconds=1)
    assert "has not been acknowledged for 10 minutes. It is now with you." in here.reads("deputy-north")
    assert "I am now trying a deputy DSL." in leads.receipt(here)


async def test_past_the_last_rung_the_teacher_is_told_to_ring_and_whom_and_only_once(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=9 * 4)
    assert "Nobody has acknowledged it. Ring" not in here.reads("teacher")
    for _ in range(10):
        await here.passes(minutes=10)
    notes = [card for card in here.screen("teacher") if "Nobody has acknowledged it" in text_of(card)]
    assert len(notes) == 2  # the receipt in its place, and one new message
    everybody = ["01632 960111", "07700 900112", "01632 960113", "07700 900101"]  # in the order of the ladder
    for read in map(text_of, notes):
        assert [read.index(phone) for phone in everybody] == sorted(read.index(phone) for phone in everybody)
        assert "0800 1313 126" in read[read.index(everybody[-1]) :]  # then the council's open services
        assert f"say {here.ref()}" in read
        assert "you need nobody’s permission" in read
    assert leads.actions(here).count("exhausted") == 1


async def test_when_somebody_must_act_now_every_rung_that_lapses_sends_the_teacher_to_the_telephone_once(
    here: School,
) -> None:
    await leads.tells(here)
    assert "in 3 minutes" not in here.reads("teacher")
    for minutes in (3, 6, 9):
        await here.passes(minutes=3, seconds=1)
        notes = [card for card in here.screen("teacher") if f"in {minutes} minutes. Ring now:" in text_of(card)]
        assert len(notes) == 1
        assert "01632 960111" in text_of(notes[0])
    await here.passes(minutes=5)
    await here.passes(hours=3)
    assert here.reads("teacher").count("minutes. Ring now:") == 3
    assert leads.actions(here).count("exhausted") == 1


async def test_a_rung_that_lapses_without_hurry_does_not_send_the_teacher_to_the_telephone(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=21)
    assert "Ring now:" not in here.reads("teacher")


async def test_the_leads_are_reminded_for_as_long_as_nobody_has_it_and_it_never_falls_silent(here: School) -> None:
    await here.tells_the_essentials()
    await _climbs_to_the_end(here)
    for _ in range(6):
        before = len(here.channel())
        await here.passes(hours=4, minutes=1)
        assert len(here.channel()) > before
        assert leads.rung_timers(here) == 1
    assert f"Case {here.ref()} is still not acknowledged" in here.channel_reads()


async def test_the_reminders_grow_rarer_so_that_a_week_without_anybody_does_not_fill_a_screen(here: School) -> None:
    await here.tells_the_essentials()
    await _climbs_to_the_end(here)
    for _ in range(7 * 24 * 2):
        await here.passes(minutes=30)
    assert len(here.channel()) < 7 * 8


async def test_only_the_newest_notice_in_a_place_has_buttons(here: School) -> None:
    await here.tells_the_essentials()
    await _climbs_to_the_end(here)
    await here.passes(hours=9)
    for who in RUNGS:
        with_buttons = [card for card in here.screen(who) if card.buttons]
        assert len(with_buttons) <= 2  # the case's card and one notice


# --- who is skipped ---


async def test_a_rung_that_nobody_holds_is_passed_over_at_once(tmp_path: Path) -> None:
    trust = trust_file(tmp_path, ('deputies = ["deputy-north"]', "deputies = []"))
    with school(tmp_path, trust=trust) as here:
        await here.tells_the_essentials()
        await here.passes(minutes=10, seconds=1)
        assert has_it(here) == ["dsl-north", "head-north"]


async def test_a_rung_that_cannot_be_reached_is_passed_over_at_once(here: School) -> None:
    def blocked(what: str, to: Destination, card: Card) -> Exception | None:
        return SendRefused("blocked") if to == at_person("deputy-north") else None

    behind(here, fault=blocked)
    await here.tells_the_essentials()
    await here.passes(minutes=10, seconds=1)
    assert has_it(here) == ["dsl-north", "head-north"]
    assert leads.details(here, "undeliverable") == ["web:person:deputy-north: blocked"]
    await here.passes(minutes=9)
    assert has_it(here) == ["dsl-north", "head-north"]


async def test_with_nobody_within_reach_the_teacher_is_told_to_ring_at_once(here: School) -> None:
    def nobody(what: str, to: Destination, card: Card) -> Exception | None:
        return SendRefused("gone") if to.id != "teacher" else None

    behind(here, fault=nobody)
    await here.tells_the_essentials()
    read = leads.receipt(here)
    assert "I could not reach the DSL here. Please ring now" in read
    assert "01632 960111" in read
    assert "With " not in read
    assert "On its way" not in read
    assert leads.rung_timers(here) == 1


async def test_somebody_skipped_to_at_once_is_not_told_of_minutes_that_have_not_passed(here: School) -> None:
    def unreachable(what: str, to: Destination, card: Card) -> Exception | None:
        first = to.id in ("dsl-north", "dsl-north-channel")
        return SendRefused("gone") if first else None

    behind(here, fault=unreachable)
    await here.tells_the_essentials()
    assert "The people before you could not be reached." in here.reads("deputy-north")
    assert "0 minutes" not in here.reads("deputy-north")
    assert "With a deputy DSL since 10:40" in leads.receipt(here)


# --- out of hours ---


@pytest.mark.parametrize("at", [CHRISTMAS_EVE_MORNING, GOOD_FRIDAY_MORNING])
async def test_a_holiday_counts_as_out_of_hours(tmp_path: Path, at: datetime) -> None:
    with school(tmp_path, at=at) as here:
        await here.tells_the_essentials()
        assert "It is outside school hours: please ring now as well" in leads.receipt(here)
        assert has_it(here) == ["trust-lead"]  # on call by day when the school is shut


async def test_out_of_hours_the_ladder_starts_at_the_person_on_call_and_the_receipt_says_whom_to_ring(
    after_hours: School,
) -> None:
    await after_hours.tells_the_essentials()
    assert has_it(after_hours) == ["deputy-north"]
    read = leads.receipt(after_hours)
    assert "please ring now as well" in read
    assert "Robin Example, on call now for Example Academy North: 07700 900112" in read
    await after_hours.passes(minutes=10, seconds=1)
    assert has_it(after_hours) == ["dsl-north", "deputy-north"]


async def test_in_school_hours_nothing_is_said_of_ringing_out_of_hours(here: School) -> None:
    await here.tells_the_essentials()
    assert "outside school hours" not in here.reads("teacher")


async def test_nobody_stands_on_two_rungs(after_hours: School) -> None:
    await after_hours.tells_the_essentials()
    for _ in range(8):
        await after_hours.passes(minutes=10, seconds=1)
    climbed = leads.details(after_hours, "climbed")
    assert climbed == ["dsl", "head", "trust_lead"]  # the deputy was on call, and had it from the first


# --- acknowledged ---


async def test_an_acknowledgement_stops_everything(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=11)
    await here.presses("Acknowledge", who="deputy-north")
    standing = leads.cards(here)
    assert leads.rung_timers(here) == 0
    for _ in range(20):
        await here.passes(hours=1)
    assert [at for at in leads.cards(here) if at[0] != leads.TEACHER_SCREEN] == [
        at for at in standing if at[0] != leads.TEACHER_SCREEN
    ]


async def test_a_clock_left_running_by_mistake_tries_nobody_once_it_is_acknowledged(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", who="dsl-north")
    left = Timer(TimerKind.RUNG, here.ref(), here.clock.now())
    await here.store.transact(lambda tx: tx.set_timer(left))
    await here.settles()
    assert has_it(here) == ["dsl-north"]
    assert leads.rung_timers(here) == 0


async def test_once_acknowledged_no_notice_still_offers_to_acknowledge(here: School) -> None:
    await here.tells_the_essentials()
    await here.passes(minutes=11)
    await here.presses("Acknowledge", who="deputy-north")
    assert "Acknowledge" not in {button.label for _, card in leads.cards(here) for button in card.buttons}
    assert "Acknowledged by a deputy DSL at 10:51" in here.reads("deputy-north")


async def test_whoever_acknowledged_gets_a_new_notice_when_it_becomes_more_urgent_later(here: School) -> None:
    await here.tells_the_essentials()
    await here.presses("Acknowledge", who="deputy-north")
    assert here.screen("deputy-north") == []  # acknowledged in the channel
    await here.picks({"How is the child now": ["Talks of self-harm or not wanting to live"]})
    assert say("post.danger_sign", ref=here.ref()) in here.reads("deputy-north")
    view = await here.presses("Open case", who="deputy-north")
    assert view is not None
    assert "Told by" in text_of(view)


async def test_more_urgent_without_a_sign_of_danger_is_said_as_that(here: School) -> None:
    await here.tells_the_essentials()
    await here.picks({"How is the child now": ["Afraid to go home, or of someone"]})
    assert f"Case {here.ref()} has become more urgent." in here.channel_reads()
    assert say("post.danger_sign", ref=here.ref()) not in here.channel_reads()


# --- the ladder is frozen, the roster is not ---


async def test_a_change_of_the_trusts_file_does_not_change_the_rungs_of_a_running_case(tmp_path: Path) -> None:
    trust = trust_file(tmp_path)
    with school(tmp_path, trust=trust) as here:
        await here.tells_the_essentials()
        longer = ("minutes = 10, urgent", "minutes = 99, urgent")
        rewrite(trust, ('deputies = ["deputy-north"]', "deputies = []"), longer)
        assert here.trust.current().holders("north", "deputies") == ()
        await here.passes(minutes=10, seconds=1)
        assert "deputy-north" in has_it(here)


async def test_somebody_taken_off_the_roster_can_no_longer_open_what_still_stands_on_their_screen(
    tmp_path: Path,
) -> None:
    trust = trust_file(tmp_path)
    with school(tmp_path, trust=trust) as here:
        await here.tells_the_essentials()
        await here.passes(minutes=10, seconds=1)
        press = here.button("Open case", "deputy-north").press
        rewrite(trust, ('deputies = ["deputy-north"]', "deputies = []"), *_OFF_CALL)
        view = await here.hears(here.incoming("deputy-north", press=press))
        assert view is not None
        assert "You can’t open this" in text_of(view)


async def test_the_receipt_goes_on_naming_those_it_was_handed_to(tmp_path: Path) -> None:
    trust = trust_file(tmp_path, ('channel = { web = "dsl-north-channel" }\n', ""))
    with school(tmp_path, datetime(2026, 11, 20, 16, 55, tzinfo=UTC), trust) as here:
        await here.tells_the_essentials()
        assert "With the DSL since 16:55" in leads.receipt(here)
        await here.passes(minutes=8)
        await here.presses("Acknowledge", who="dsl-north")
        assert "With the DSL since 16:55" in leads.receipt(here)  # after five the first to try would be on call


_OFF_CALL = (('on_call = [\n  { hours = "Mo-Fr 00:00-08:00,17:00-24:00", person = "deputy-north" },', "on_call = ["),)


# --- a restart changes nothing ---

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.integers(1, 25)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("crash"), st.integers(1, 15)),
        st.tuples(st.just("acknowledge"), st.sampled_from([0, 0, 1])),
        st.tuples(st.just("more"), st.just(0)),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.booleans())
async def test_each_rung_hears_once_never_after_the_acknowledgement_and_a_waiting_case_always_has_a_deadline(
    steps: list[tuple[str, int]], urgent: bool
) -> None:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await (leads.tells(here) if urgent else here.tells_the_essentials())
        taken: list[str] | None = None
        for what, how in steps:
            await _does(here, what, how)
            climbed = leads.details(here, "climbed")
            assert len(climbed) == len(set(climbed))
            if taken is not None:
                assert climbed == taken
            elif "acknowledged" in leads.actions(here):
                taken = climbed
            assert leads.rung_timers(here) == (0 if taken is not None else 1)
            _each_has_at_most_one_card(here)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=8), st.data())
async def test_a_restart_at_any_moment_leaves_the_same_screens_as_none(minutes: list[int], data: st.DataObject) -> None:
    restarts = data.draw(st.lists(st.booleans(), min_size=len(minutes), max_size=len(minutes)))
    ends = [await _where_it_stands(minutes, again) for again in ([False] * len(minutes), restarts)]
    assert ends[0] == ends[1]


async def _where_it_stands(minutes: list[int], restarts: list[bool]) -> list[tuple[str, int]]:
    with TemporaryDirectory() as folder, school(Path(folder)) as here:
        await here.tells_the_essentials()
        for wait, again in zip(minutes, restarts, strict=True):
            here.clock.advance(timedelta(minutes=wait))
            if again:
                restart(here)
            await here.settles()
        return [(who, len(here.screen(who))) for who in (*RUNGS, "teacher")]


async def _does(here: School, what: str, how: int) -> None:
    match what:
        case "passes":
            await here.passes(minutes=how)
        case "crash":  # the time passes, the timer fires, and the process ends before anything is sent
            here.clock.advance(timedelta(minutes=how))
            await here.bot.watch()
            restart(here)
            await here.settles()
        case "acknowledge":
            await here.presses("Acknowledge", who=("dsl-north", "deputy-north")[how]) if _may(here) else None
        case "more":
            await here.says("and one more thing she said to me")
        case _:
            restart(here)


def _may(here: School) -> bool:
    return any(button.label == "Acknowledge" for card in here.channel() for button in card.buttons)


def _each_has_at_most_one_card(here: School) -> None:
    for who in RUNGS:
        assert sum(card.title == f"Case {here.ref()}" for card in here.screen(who)) <= 1


async def _climbs_to_the_end(here: School) -> None:
    for _ in range(4):
        await here.passes(minutes=10, seconds=1)


def test_the_minutes_of_a_case_without_a_ladder_are_still_minutes() -> None:
    assert Case("7F3K-9QWX-2M", leads.person("teacher"), FRIDAY_MORNING).minutes_per_rung > 0

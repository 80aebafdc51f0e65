"""Typed answers: what is clear is understood, what is half clear is confirmed, and nothing typed is ever a button."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.message import Action, Option
from bot.understanding import (
    LONGEST_ANSWER,
    Ambiguous,
    Commanded,
    Meaning,
    NotAnAnswer,
    Understood,
    speaks_of_danger,
    understand,
)
from flows.flow import UNKNOWN, Flow, FlowError, Step, StepKind, read_flow
from flows.words import Words, WordsError, parse_words, read_words

ROOT = Path(__file__).parent.parent
FLOW: Flow = read_flow(ROOT / "flows" / "disclosure.toml")
WORDS: Words = read_words(ROOT / "flows" / "words.toml")
TABLE: dict[str, dict[str, str]] = tomllib.loads((ROOT / "tests" / "phrasings.toml").read_text(encoding="utf-8"))
ROWS = [(step, typed, expected) for step, rows in TABLE.items() for typed, expected in rows.items()]
ASKED = [step for step in FLOW.steps.values() if step.asks]
PICKED = [step for step in ASKED if step.picks]
OWN_LISTS = {
    "academies": (
        Option("north", "Example Academy North"),
        Option("south", "Example Academy South"),
        Option("hill", "Example Hill Primary School"),
    ),
    "authorities": (Option("staffordshire", "Staffordshire"), Option("stoke", "Stoke-on-Trent")),
}
AGES = ("pictured_ages", "others_ages")
ANY_TEXT = st.text(st.characters(codec=None, categories=None))
"""Every code point there is: lone surrogates, NUL and unassigned ones too."""


def shown(step: Step) -> tuple[Option, ...]:
    own = OWN_LISTS.get(step.options_from, ())
    listed = tuple(Option(option.value, option.label) for option in step.options)
    return (*own, *listed, Option(UNKNOWN, step.unknown_label))


def hear(step: str, typed: str) -> Meaning:
    return understand(FLOW.steps[step], shown(FLOW.steps[step]), typed, WORDS)


def written_down(meaning: Meaning) -> str:
    match meaning:
        case Understood(values):
            return ", ".join(values)
        case Ambiguous(candidates):
            return "ambiguous: " + " | ".join(", ".join(values) for values in candidates)
        case Commanded(action):
            return f"command: {action}"
        case NotAnAnswer():
            return "not an answer"


def offered(meaning: Meaning) -> set[str]:
    match meaning:
        case Understood(values):
            return set(values)
        case Ambiguous(candidates):
            return {value for values in candidates for value in values}
        case _:
            return set()


def option_words() -> Iterator[tuple[str, str, str]]:
    for step in PICKED:
        for option in step.options:
            yield from ((step.id, option.value, text) for text in (option.label, *option.words))


def band_of(age: int) -> str:
    return next(band for band, (low, high) in WORDS.file.ages.bands.items() if low <= age <= high)


# --- The table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "typed", "expected"), ROWS)
def test_each_phrasing_of_the_table_is_taken_for_what_it_means(step: str, typed: str, expected: str) -> None:
    assert written_down(hear(step, typed)) == expected


def test_the_table_is_as_wide_as_was_promised() -> None:
    assert len(ROWS) >= 250
    assert len(TABLE) >= 20
    assert {step.id for step in ASKED} <= set(TABLE)


@pytest.mark.parametrize("change", [str, str.upper, str.lower, str.title, lambda text: f"  {text}. "])
@pytest.mark.parametrize("step", PICKED, ids=lambda step: step.id)
def test_a_label_typed_back_is_that_option(step: Step, change: type[str]) -> None:
    for option in shown(step):
        assert hear(step.id, change(option.label)) == Understood((option.value,)), option.label


def test_every_word_of_an_option_names_that_option() -> None:
    for step, value, text in option_words():
        assert value in offered(hear(step, text)), (step, value, text)


@pytest.mark.parametrize("step", PICKED, ids=lambda step: step.id)
def test_no_two_options_of_a_step_share_a_word(step: Step) -> None:
    owner: dict[tuple[str, ...], str] = {}
    for option in step.options:
        for text in (option.label, *option.words):
            assert owner.setdefault(WORDS.phrase(text), option.value) == option.value, text
    for text in (step.unknown_label, *step.unknown_words):
        assert WORDS.phrase(text) not in owner, text


# --- Ages -------------------------------------------------------------------------------------------------------------

TEMPLATES = (
    *("{}", "{}.", "she's {}", "she is {} years old", "he was {}", "aged {}", "just turned {}", "{} yo", "um {}"),
    *("a {} year old girl", "I think she's {}", "only {}", "{}, I think", "both {}", "{} and a half"),
)


@given(age=st.integers(0, 99), template=st.sampled_from(TEMPLATES), step=st.sampled_from(AGES))
def test_an_age_is_always_in_its_band(age: int, template: str, step: str) -> None:
    assert hear(step, template.format(age)) == Understood((band_of(age),))


@given(age=st.integers(1, 99), step=st.sampled_from(AGES), nearly=st.sampled_from(WORDS.file.ages.nearly))
def test_nearly_an_age_is_the_year_before_it(age: int, step: str, nearly: str) -> None:
    assert hear(step, f"{nearly} {age}") == Understood((band_of(age - 1),))


@given(one=st.integers(0, 99), other=st.integers(0, 99), join=st.sampled_from([" and ", ", ", " or ", "/", "-"]))
def test_two_ages_are_one_band_only_if_both_lie_in_it(one: int, other: int, join: str) -> None:
    meaning = hear("pictured_ages", f"{one}{join}{other}")
    if isinstance(meaning, Understood):
        assert {band_of(one), band_of(other)} == set(meaning.values)


LOOSE_WORDS = """
she he is was not under over about year yr y nearly months people ago to or and , - £ % ? half old in maybe school form
e x th the . / + < > ½ sixth primary
"""
LOOSE = st.sampled_from(LOOSE_WORDS.split())


@given(
    number=st.one_of(st.integers(-200, 200), st.integers()),
    before=st.lists(LOOSE, max_size=3),
    after=st.lists(LOOSE, max_size=3),
    step=st.sampled_from(AGES),
)
def test_a_number_among_other_words_is_never_taken_for_a_band_it_is_not_in(
    number: int, before: list[str], after: list[str], step: str
) -> None:
    moved = {"under", "over", "year", "yr", "y", "nearly", "<", ">", "+", "or", "old", "sixth", "primary"}
    meaning = hear(step, " ".join([*before, str(number), *after]))
    if isinstance(meaning, Understood) and moved.isdisjoint({*before, *after}):
        assert 0 <= number <= 99
        assert meaning.values == (band_of(number),)


@given(year=st.integers(0, 14), form=st.sampled_from(["year {}", "yr {}", "Y{}", "she is in year {}", "yr{}"]))
def test_a_school_year_is_sure_only_when_both_its_ages_lie_in_one_band(year: int, form: str) -> None:
    bands = {band_of(year + 4), band_of(year + 5)}
    meaning = hear("pictured_ages", form.format(year))
    assert offered(meaning) == bands
    assert isinstance(meaning, Understood) is (len(bands) == 1)


@given(st.one_of(st.integers(max_value=-1), st.integers(min_value=100)))
def test_an_impossible_age_is_no_answer(age: int) -> None:
    assert hear("pictured_ages", str(age)) == NotAnAnswer()


# --- Never taken for something else -----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", PICKED, ids=lambda step: step.id)
def test_a_value_or_a_press_typed_out_is_not_a_button(step: Step) -> None:
    for option in shown(step):
        for typed in (f'{{"action": "answer", "values": ["{option.value}"]}}', f"{step.id}_{option.value}"):
            assert hear(step.id, typed) == NotAnAnswer()
        if "_" in option.value:
            assert hear(step.id, option.value) == NotAnAnswer()


COMMANDS = [(Action(name), text) for name, texts in WORDS.file.commands for text in texts]


@pytest.mark.parametrize("step", ASKED, ids=lambda step: step.id)
def test_every_command_works_at_every_step_as_the_whole_message(step: Step) -> None:
    for action, text in COMMANDS:
        assert hear(step.id, text.upper() + "!") == Commanded(action), text


@pytest.mark.parametrize("step", ASKED, ids=lambda step: step.id)
def test_no_command_is_heard_inside_a_sentence(step: Step) -> None:
    for _, text in COMMANDS:
        for sentence in (f"she told him to {text} and he did not", f"{text} is what he said to her", f"he said {text}"):
            meaning = hear(step.id, sentence)
            assert not isinstance(meaning, Commanded) or meaning.action is Action.CONTACTS, sentence
            assert step.kind is not StepKind.WRITE or meaning == NotAnAnswer(), sentence


def test_a_press_that_is_not_one_of_the_five_commands_cannot_be_typed() -> None:
    typed = {action for action, _ in COMMANDS}
    assert typed == {Action.SEND_NOW, Action.BACK, Action.CONTACTS, Action.STOP, Action.GO_ON}
    for action in set(Action) - typed:
        for step in ASKED:
            for text in (action.value, action.value.replace("_", " ")):
                assert not isinstance(hear(step.id, text), Commanded)


def test_a_phrase_that_is_taken_back_is_never_picked() -> None:
    checked = 0
    for step, value, text in option_words():
        for denial in ("not", "it was never", "I don't think it was", "wasn't"):
            if not any(_holds(f"{denial} {text}", denied) for denied in _denials(step)):
                assert hear(step, f"{denial} {text}") != Understood((value,)), (step, denial, text)
                checked += 1
    assert checked > 3000


def _denials(step: str) -> set[tuple[str, ...]]:
    """An option's own words may deny something: "not shared"."""
    words = {WORDS.phrase(text) for name, _, text in option_words() if name == step}
    return {phrase for phrase in words if not set(WORDS.file.negations).isdisjoint(phrase)}


def _holds(text: str, phrase: tuple[str, ...]) -> bool:
    return f" {' '.join(phrase)} " in f" {' '.join(WORDS.phrase(text))} "


def test_a_slip_of_a_finger_is_confirmed_and_never_guessed() -> None:
    for step, _, text in option_words():
        known = {WORDS.phrase(word) for option in FLOW.steps[step].options for word in (option.label, *option.words)}
        for slipped in _slips(text) if text.isalpha() and len(text) > 5 else ():
            meaning = hear(step, slipped)
            sure = isinstance(meaning, Understood) and meaning.values != (UNKNOWN,)
            assert not sure or WORDS.phrase(slipped) in known, (step, slipped)


def _slips(word: str) -> Iterator[str]:
    for place in range(1, len(word) - 1):
        yield word[:place] + word[place + 1 :]
        yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


@pytest.mark.parametrize("step", [step for step in PICKED if step.kind is StepKind.PICK_MANY], ids=lambda step: step.id)
def test_an_exclusive_answer_is_never_joined_with_another(step: Step) -> None:
    alone = {option.value for option in step.options if option.exclusive}
    for one in step.options:
        for other in step.options:
            meaning = hear(step.id, f"{one.label}, {other.label}")
            if isinstance(meaning, Understood) and alone & set(meaning.values):
                assert len(meaning.values) == 1 and one is other


@given(tail=st.text("abcdefghij ,.", min_size=60))
def test_a_sentence_long_enough_is_never_picked_for_the_one_phrase_in_it(tail: str) -> None:
    words = "at the end of the lesson two of them came over and told me it went on snapchat because somebody"
    assert not isinstance(hear("apps", f"{words} {tail}"), Understood)


# --- Any text whatever ------------------------------------------------------------------------------------------------


@given(typed=ANY_TEXT, step=st.sampled_from(ASKED))
def test_any_text_at_all_has_a_meaning_and_never_an_exception(typed: str, step: Step) -> None:
    assert isinstance(hear(step.id, typed), Meaning)
    assert speaks_of_danger(typed, WORDS) in (True, False)


@given(typed=st.lists(st.one_of(LOOSE, ANY_TEXT, st.sampled_from([t for _, _, t in option_words()])), max_size=8))
def test_any_mixture_of_words_only_ever_names_options_that_were_shown(typed: list[str]) -> None:
    for step in (FLOW.steps["apps"], FLOW.steps["others_ages"], FLOW.steps["danger"], FLOW.steps["academy"]):
        meaning = hear(step.id, " ".join(typed))
        assert offered(meaning) <= {option.value for option in shown(step)}
        assert not isinstance(meaning, Understood) or step.kind is StepKind.PICK_MANY or len(meaning.values) == 1


ADVERSE = ["\ufdfa", "\u3300", "\u0301\u0316", "a 1-", "dont ", "1+ ", "kill ", "1a", "not ", "\ud800", "\0"]


@pytest.mark.parametrize("typed", ADVERSE, ids=ascii)
def test_a_hundred_thousand_characters_are_read_in_under_fifty_milliseconds(typed: str) -> None:
    text = (typed * 100_000)[:100_000]

    def seconds() -> float:
        start = time.process_time()
        speaks_of_danger(text, WORDS)
        for step in ("words", "danger", "pictured_ages", "apps"):
            hear(step, text)
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.05


@pytest.mark.parametrize("typed", ["not ", "yes ", "15 ", "snapchat ", "snapchat and ", "north ", "maybe "])
def test_the_longest_answer_that_is_read_at_all_is_read_in_under_fifty_milliseconds(typed: str) -> None:
    for step in PICKED:
        start = time.process_time()
        hear(step.id, (typed * LONGEST_ANSWER)[:LONGEST_ANSWER])
        assert time.process_time() - start < 0.05


def test_marks_that_cannot_be_seen_change_nothing() -> None:
    for typed in ("\u202eyes\u202c", "y\u200bes", "ＹＥＳ", "yés", "\u2066yes\u2069", "\ufeffyes"):
        assert hear("danger", typed) == Understood(("yes",)), ascii(typed)


# --- Danger -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "She said she wants to die",
        "he’s been cutting himself",
        "SUICIDAL",
        "she took tablets at lunch",
        "he ran away this morning",
        "she doesn't want to be here any more",
        "they are meeting him tonight",
        "someone is hurt",
        "self-harm",
        "she has gone\nmissing",
        "word " * 18_000 + "suicide",
    ],
)
def test_words_of_danger_are_noticed(typed: str) -> None:
    assert speaks_of_danger(typed, WORDS)


@pytest.mark.parametrize("typed", ["", "A picture went round on Tuesday", "she is upset", "dangerous", "shared", "no"])
def test_ordinary_words_are_not_danger(typed: str) -> None:
    assert not speaks_of_danger(typed, WORDS)


# --- The file of words ------------------------------------------------------------------------------------------------

FILE = (ROOT / "flows" / "words.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('no = ["no",', 'noo = ["no",', "no"),
        ('yes = ["yes",', "yes = [5,", "yes"),
        ("under_13 = [0, 12]", "under_13 = [12, 0]", "lower age first"),
        ('"👍" = "yes"', '"👍👍" = "yes"', "one character"),
        ("[danger]", "[danger", "TOML"),
    ],
)
def test_a_wrong_file_of_words_is_refused_by_key_and_line(before: str, after: str, named: str) -> None:
    assert before in FILE
    with pytest.raises(WordsError) as refused:
        parse_words(FILE.replace(before, after, 1), "words.toml")
    assert isinstance(refused.value, FlowError)
    assert "words.toml, line " in str(refused.value)
    assert named in str(refused.value)


def test_no_phrase_of_the_file_means_two_things() -> None:
    file = WORDS.file
    lists = [file.yes, file.no, file.yes_alone, file.no_alone, file.hedged_yes, file.hedged_no, file.unknown]
    lists += [texts for _, texts in file.commands]
    owner: dict[tuple[str, ...], int] = {}
    for place, texts in enumerate(lists):
        for text in texts:
            assert owner.setdefault(WORDS.phrase(text), place) == place, text
            assert WORDS.phrase(text), text

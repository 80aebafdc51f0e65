"""What is sealed opens with the right key, in the right place, and nowhere else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.seal import Keyring, Lookup, SealBroken, new_key, place
from bot.errors import ConfigError

HERE = place("cases", "body", "7F3K#1")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


def _ring(*keys: str) -> Keyring:
    return Keyring.from_setting(",".join(keys))


@given(st.binary(max_size=300), ANY_TEXT)
def test_what_was_sealed_comes_back_byte_for_byte_at_its_own_place(words: bytes, row: str) -> None:
    ring, where = _ring(new_key()), place("cases", "body", row)
    assert ring.open(ring.seal(words, where), where) == words


@given(ANY_TEXT, ANY_TEXT)
def test_a_value_moved_to_any_other_row_does_not_open(row: str, other: str) -> None:
    ring = _ring(new_key())
    sealed = ring.seal(b"words", place("cases", "body", row))
    if row != other:
        with pytest.raises(SealBroken):
            ring.open(sealed, place("cases", "body", other))


@given(st.data())
def test_a_changed_value_never_opens_as_anything_else(data: st.DataObject) -> None:
    ring = _ring(new_key())
    sealed = ring.seal(b"what the child said", HERE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from("ABCDEFabcdef0123456789+/:=v"))
    changed = sealed[:at] + other + sealed[at + 1 :]
    try:
        assert ring.open(changed, HERE) == b"what the child said"  # the last character has bits that mean nothing
    except SealBroken as refused:
        assert "child" not in str(refused)


def test_every_changed_byte_under_the_base64_is_noticed() -> None:
    ring = _ring(new_key())
    prefix, body = ring.seal(b"what the child said", HERE).rsplit(":", 1)
    raw = base64.b64decode(body)
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises(SealBroken):
            ring.open(f"{prefix}:{base64.b64encode(changed).decode()}", HERE)


def test_two_seals_of_the_same_words_never_look_the_same() -> None:
    ring = _ring(new_key())
    assert len({ring.seal(b"same", HERE) for _ in range(1000)}) == 1000


def test_another_key_does_not_open_it() -> None:
    sealed = _ring(new_key()).seal(b"words", HERE)
    with pytest.raises(SealBroken):
        _ring(new_key()).open(sealed, HERE)


def test_after_a_change_of_keys_the_first_one_seals_and_the_old_one_still_opens() -> None:
    old, new = new_key(), new_key()
    sealed = _ring(old).seal(b"words", HERE)
    both = _ring(new, old)
    assert both.open(sealed, HERE) == b"words"
    assert both.seal(b"words", HERE).startswith(f"v1:{new.split(':')[0]}:")


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        (None, "not set"),
        ("", "not set"),
        ("   ", "not set"),
        ("c2VjcmV0LWNhbmFyeQ==", "its id"),
        ("K1:c2VjcmV0LWNhbmFyeQ==", "its id"),
        ("k1:secret-canary", "not base64"),
        ("k1:c2VjcmV0LWNhbmFyeQ==", "not 32 bytes"),
        ("k1:" + base64.b64encode(b"s" * 31).decode(), "not 32 bytes"),
        ("k1:" + base64.b64encode(b"s" * 32).decode() + ",", "its id"),
        ("k1:{0},k1:{0}".format(base64.b64encode(b"s" * 32).decode()), "same id"),
    ],
)
def test_a_missing_or_malformed_key_names_the_setting_and_what_to_write_and_never_the_value(
    setting: str | None, wrong: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        Keyring.from_setting(setting)
    said = str(refused.value)
    assert refused.value.exit_code == 78
    assert "HANDRAIL_KEY" in said
    assert wrong in said
    assert "handrail key new" in said
    assert "secret" not in said
    assert "c2Vjc" not in said
    assert "c3Nz" not in said


def test_a_new_key_is_accepted_as_it_is_printed_and_is_never_the_same() -> None:
    keys = {new_key() for _ in range(50)}
    assert len(keys) == 50
    for key in keys:
        Keyring.from_setting(key)


@given(ANY_TEXT, ANY_TEXT)
def test_look_up_hashes_are_equal_for_equal_text_only(one: str, other: str) -> None:
    lookup = Lookup(b"s" * 32)
    assert (lookup.of("sender", one) == lookup.of("sender", other)) == (one == other)
    assert lookup.of("sender", one) != lookup.of("inbox", one)
    assert lookup.of("sender", one) != Lookup(b"t" * 32).of("sender", one)

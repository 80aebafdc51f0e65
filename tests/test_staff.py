"""Who is staff where pupils have accounts too: by the trust's own rule, and in doubt nobody is turned away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot import composition
from bot.directory import parse_trust
from bot.errors import ConfigError
from bot.message import Person
from bot.staff import Account, Standing, groups_asked, standing
from bot.trust import StaffRule

ONE, TWO = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
STAFF_GROUP, PUPIL_GROUP = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"

RULE = StaffRule(
    people=(ONE,),
    domains=("staff.example.org",),
    groups=(STAFF_GROUP,),
    pupil_domains=("pupils.example.org",),
    pupil_groups=(PUPIL_GROUP,),
)
NO_GROUPS: frozenset[str] = frozenset()

ADDRESSES = ("", "x@staff.example.org", "x@pupils.example.org", "x@elsewhere.example", "@staff.example.org")
addresses = st.sampled_from(ADDRESSES)
groups = st.none() | st.frozensets(st.sampled_from([STAFF_GROUP, PUPIL_GROUP, ONE]), max_size=3)
accounts = st.builds(Account, st.sampled_from([ONE, TWO, ""]), addresses, st.booleans(), groups)
ids = st.lists(st.sampled_from([ONE, TWO, STAFF_GROUP, PUPIL_GROUP]), max_size=2).map(tuple)
domains = st.lists(st.sampled_from(["staff.example.org", "pupils.example.org"]), max_size=2).map(tuple)
rules = st.builds(
    StaffRule, people=ids, domains=domains, groups=ids, pupils=ids, pupil_domains=domains, pupil_groups=ids
)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account(ONE, guest=True, groups=None), Standing.STAFF),
        (Account(TWO, "kim@staff.example.org", groups=NO_GROUPS), Standing.STAFF),
        (Account(TWO, "Kim@STAFF.Example.org", groups=NO_GROUPS), Standing.STAFF),
        (Account(TWO, groups=frozenset({STAFF_GROUP.upper()})), Standing.STAFF),
        (Account(TWO, "kim@pupils.example.org", groups=frozenset({STAFF_GROUP})), Standing.OUTSIDE),
        (Account(TWO, "kim@staff.example.org", groups=frozenset({PUPIL_GROUP})), Standing.OUTSIDE),
        (Account(TWO, "kim@staff.example.org", guest=True, groups=NO_GROUPS), Standing.OUTSIDE),
        (Account(TWO, "kim@staff.example.org", groups=None), Standing.UNVERIFIED),
        (Account(TWO, "kim@sub.staff.example.org", groups=NO_GROUPS), Standing.UNVERIFIED),
        (Account(TWO, "kim@staff.example.org.evil.example", groups=NO_GROUPS), Standing.UNVERIFIED),
        (Account(TWO, "@staff.example.org", groups=NO_GROUPS), Standing.UNVERIFIED),
        (Account(TWO), Standing.UNVERIFIED),
    ],
)
def test_the_rule_says_who_is_staff(account: Account, said: Standing) -> None:
    assert standing(RULE, account) is said


@given(accounts)
def test_without_a_rule_nobody_is_known_and_only_a_guest_is_turned_away(account: Account) -> None:
    said = standing(StaffRule(), account)
    assert said is (Standing.OUTSIDE if account.guest else Standing.UNVERIFIED)


@given(rules, accounts)
def test_nobody_in_a_pupils_group_is_ever_staff_unless_named(rule: StaffRule, account: Account) -> None:
    assume(account.id not in rule.people)
    belongs = account.groups is None or bool(set(rule.pupil_groups) & account.groups)
    assume(rule.pupil_groups and belongs)
    assert standing(rule, account) is not Standing.STAFF


@given(rules, accounts)
def test_a_look_up_that_failed_turns_nobody_away(rule: StaffRule, account: Account) -> None:
    assume(standing(rule, replace(account, groups=None)) is Standing.OUTSIDE)
    assert standing(rule, replace(account, groups=NO_GROUPS)) is Standing.OUTSIDE


def test_only_the_rules_own_groups_are_asked_for() -> None:
    assert set(groups_asked(RULE)) == {STAFF_GROUP, PUPIL_GROUP}
    assert groups_asked(StaffRule(domains=("staff.example.org",))) == ()


def trust_with(lines: str) -> str:
    return composition.EXAMPLE.read_text(encoding="utf-8").replace("[staff.teams]\n", f"[staff.teams]\n{lines}")


def test_the_trusts_file_holds_the_rule_of_each_platform() -> None:
    text = trust_with(f'domains = ["staff.example.org"]\npupil_groups = ["{PUPIL_GROUP}"]\n')
    assert parse_trust(text, "trust.toml").trust.staff.teams == StaffRule(
        domains=("staff.example.org",), pupil_groups=(PUPIL_GROUP,)
    )
    assert parse_trust(trust_with(""), "trust.toml").trust.staff.teams == StaffRule()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('domains = ["@staff.example.org"]', "what follows the @"),
        ('groups = ["staff"]', "object id that Entra shows"),
        ("everybody = true", "everybody"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_by_name(line: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_trust(trust_with(f"{line}\n"), "trust.toml")


def test_an_id_of_entra_means_the_same_in_capitals() -> None:
    mixed = "0000ABCD-0000-4000-8000-00000000000F"
    text = trust_with("").replace('ids = { web = "dsl-north" }', f'ids = {{ teams = "{mixed}" }}')
    found = parse_trust(text, "trust.toml").person_at(Person("teams", mixed.lower()))
    assert found is not None
    assert found.id == "dsl-north"

"""What comes through of what Slack sends: a person's own words and deeds, and nothing of a file (I5, T17, T40)."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.acts import read_command_act, read_form_act, read_press_act, read_shortcut_act
from adapters.slack.projection import as_typed, message_of_history, moment, project, project_envelope, read_event
from bot.message import Change, Incoming, Person
from tests.slack.payloads import THUMB_TINY, picture
from tests.slack_reception import BOT, BOT_ID, CHANNEL, DM, JADE, TEAM, Us, event, interaction, message, press

US = Us()
SECRET = "CANARY-7c1e"


def heard(inner: dict[str, Any]) -> Incoming | None:
    return read_event(project(event(inner)), US)


# --- words ---


def test_what_somebody_writes_to_the_bot_is_heard_as_it_was_written() -> None:
    assert heard(message("Er sagte: „nein“ \ud800 😀", ts="1790000000.000100")) == Incoming(
        Person("slack", JADE),
        f"message:{DM}:1790000000.000100",
        datetime(2026, 9, 21, 14, 13, 20, 100, tzinfo=UTC),
        "Er sagte: „nein“ \ud800 😀",
    )


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast"])
def test_these_kinds_are_speech(subtype: str | None) -> None:
    said = heard(message("hello", subtype=subtype, thread_ts="1790000000.000001"))
    assert said is not None
    assert said.text == "hello"


NOT_SPEECH = """
    assistant_app_thread bot_add bot_disable bot_enable bot_message bot_remove channel_archive
    channel_canvas_updated channel_convert_to_private channel_convert_to_public channel_join channel_leave
    channel_name channel_posting_permissions channel_purpose channel_topic channel_unarchive
    document_comment_root document_mention ekm_access_denied file_comment file_mention group_archive
    group_join group_leave group_name group_purpose group_topic group_unarchive huddle_thread
    joiner_notification joiner_notification_for_inviter message_replied pinned_item reminder_add
    reply_broadcast sh_room_created sh_room_shared slackbot_response tombstone unpinned_item message_changed
    message_deleted something_new
"""


@pytest.mark.parametrize("subtype", NOT_SPEECH.split())
def test_all_other_kinds_of_message_are_no_speech(subtype: str) -> None:
    assert heard(message(SECRET, subtype=subtype)) is None
    assert message_of_history(message(SECRET, subtype=subtype), DM, TEAM) is None


@pytest.mark.parametrize(
    "more", [{"user": BOT}, {"bot_id": BOT_ID}, {"user": "USLACKBOT"}, {"user": None}, {"ts": "x"}]
)
def test_the_bot_itself_and_nobody_are_not_heard(more: dict[str, Any]) -> None:
    assert heard(message(**more)) is None


@pytest.mark.parametrize(
    "more", [{"bot_id": "B0OTHER"}, {"team": "T0OTHER"}, {"user_team": "T0OTHER"}, {"source_team": "E0OTHER"}]
)
def test_another_program_and_another_workspace_are_outside(more: dict[str, Any]) -> None:
    said = heard(message(**more))
    assert said is not None
    assert said.outside
    inside = heard(message())
    assert inside is not None
    assert not inside.outside


def test_a_message_in_the_history_is_the_one_that_its_event_was() -> None:
    for said in (
        message("a &amp; b"),
        message(files=[picture(1, JADE)], subtype="file_share"),
        message(team="T0OTHER"),
    ):
        inner = {key: value for key, value in said.items() if key not in ("channel", "channel_type", "event_ts")}
        assert message_of_history(inner, DM, TEAM) == heard(said)
    assert message_of_history(message(bot_id="B0OTHER"), DM, TEAM) is None


# --- text ---


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("a &amp;lt; b", "a &lt; b"),
        ("1 &lt; 2 &gt; 0 &amp; &quot;", "1 < 2 > 0 & &quot;"),
        ("see <https://example.org/a?b=1&amp;c=2>", "see https://example.org/a?b=1&c=2"),
        ("<http://example.org|example.org> and <mailto:a@example.org|a@example.org>", "example.org and a@example.org"),
        ("<@U0JADE0001> in <#C0EXAMPLE1|staff-room> <#C0EXAMPLE1|>", "@U0JADE0001 in #staff-room #C0EXAMPLE1"),
        ("<!channel> <!here|here> <!subteam^S1|@heads>", "@channel @here @heads"),
        ("*bold* :smile: <3 <> <@> < b >", "*bold* :smile: <3 <> <@> < b >"),
        ("&lt;@U0JADE0001&gt;", "<@U0JADE0001>"),
    ],
)
def test_slacks_markup_is_shown_as_it_was_typed(sent: str, typed: str) -> None:
    assert as_typed(sent) == typed


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("&<>amplgt;@#!|:x ") | st.characters(), max_size=40))
def test_slacks_escapes_are_undone_exactly_once(typed: str) -> None:
    assert as_typed(typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) == typed


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 4_000_000_000), st.integers(0, 999_999))
def test_a_time_is_exact_to_the_microsecond(seconds: int, micros: int) -> None:
    exact = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micros)
    assert moment(f"{seconds}.{micros:06d}") == exact


@pytest.mark.parametrize("ts", ["", "1", "1.5", "x.000001", "1.0000001", "-1.000000", "9" * 12 + ".000000", "١.٠٠٠٠٠٠"])
def test_what_is_not_a_time_of_slacks_is_none(ts: str) -> None:
    assert moment(ts) is None


# --- afterwards ---


def changed(now: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    outer = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": DM, "channel_type": "im"}
    times = {"ts": "1790000009.000300", "event_ts": "1790000009.000300"}
    return {**outer, **times, "message": now, "previous_message": before}


def test_an_edit_is_heard_with_its_new_words() -> None:
    edit = heard(changed(message("after &amp; all"), message("before")))
    assert edit is not None
    assert (edit.change, edit.text, edit.attachments) == (Change.EDITED, "after & all", 0)
    assert edit.key == f"changed:{DM}:1790000000.000100:1790000009.000300"
    assert edit.at == moment("1790000009.000300")


@pytest.mark.parametrize(
    "event_of",
    [
        changed(message("same", attachments=[{"title": SECRET}]), message("same")),
        changed(message("card", user=BOT, bot_id=BOT_ID), message("older card", user=BOT, bot_id=BOT_ID)),
        changed(message("card", bot_id=BOT_ID, user=None, subtype="bot_message"), message("older card")),
    ],
    ids=["a link preview", "our own card", "our own card as bot_message"],
)
def test_what_slack_or_the_bot_changes_is_no_edit(event_of: dict[str, Any]) -> None:
    assert heard(event_of) is None


def test_a_deletion_is_heard_without_the_words() -> None:
    deleted = {**changed({}, message(SECRET)), "subtype": "message_deleted", "deleted_ts": "1790000000.000100"}
    replied_to = changed(message("This message was deleted.", user="USLACKBOT", subtype="tombstone"), message(SECRET))
    for event_of in (deleted, replied_to):
        gone = heard(event_of)
        assert gone is not None
        assert (gone.change, gone.text, gone.sender.id) == (Change.DELETED, "", JADE)
        assert gone.key == f"deleted:{DM}:1790000000.000100:1790000009.000300"


def test_a_deletion_of_what_the_bot_wrote_is_nothing() -> None:
    assert heard({**changed({}, message(user=BOT, bot_id=BOT_ID)), "subtype": "message_deleted"}) is None


# --- where others can read ---


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", None])
def test_spoken_to_where_others_can_read_no_word_is_taken(kind: str | None) -> None:
    text = f"<@{BOT}> {SECRET}"
    for inner in (
        {**message(text, channel=CHANNEL, channel_type=kind), "type": "app_mention"},
        message(text, channel=CHANNEL, channel_type=kind, files=[picture(1, JADE)], subtype="file_share"),
    ):
        said = heard(inner)
        assert said is not None
        assert (said.overheard, said.text, said.attachments) == (True, "", 0)
        assert said.key == f"mention:{CHANNEL}:1790000000.000100"
        assert said.sender == Person("slack", JADE)


def test_what_people_say_to_one_another_is_nothing_to_the_bot() -> None:
    assert heard(message(SECRET, channel=CHANNEL, channel_type="channel")) is None
    assert heard(message(f"<@{BOT}>", channel=CHANNEL, channel_type="channel", user=BOT)) is None


def test_a_mention_in_the_direct_conversation_is_heard_as_the_message_it_is() -> None:
    assert heard({**message(f"<@{BOT}> hello"), "type": "app_mention"}) is None
    said = heard(message(f"<@{BOT}> hello"))
    assert said is not None
    assert not said.overheard


def test_whoever_brings_the_bot_into_a_channel_is_heard_of() -> None:
    joined = {
        "type": "member_joined_channel",
        "user": BOT,
        "channel": CHANNEL,
        "inviter": JADE,
        "event_ts": "1790000000.5",
    }
    assert heard(joined) is None
    joined["event_ts"] = "1790000000.000500"
    said = heard(joined)
    assert said is not None
    assert (said.key, said.overheard, said.sender.id) == (f"joined:{CHANNEL}:1790000000.000500", True, JADE)
    assert said.brought
    assert heard({**joined, "user": JADE}) is None
    assert heard({**joined, "inviter": None}) is None


# --- files ---

_FOREIGN = st.recursive(
    st.none() | st.integers() | st.just(SECRET) | st.just(THUMB_TINY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["files", "url", "name"]), inner),
    max_leaves=10,
)
_UNWANTED = st.dictionaries(
    st.sampled_from(
        ["attachments", "blocks", "file", "root", "metadata", "thumb_tiny", "url_private", "permalink", "edited"]
    ),
    _FOREIGN,
)


@settings(max_examples=150, deadline=None)
@given(_UNWANTED, st.integers(0, 4), st.sampled_from(["plain", "edit", "mention"]))
def test_nothing_of_a_file_is_held_by_what_comes_through(unwanted: dict[str, Any], files: int, way: str) -> None:
    pictures = [picture(number, JADE) for number in range(files)]
    said = {**unwanted, **message("hello", files=pictures, subtype="file_share")}
    inner = {"plain": said, "edit": changed(said, message("before")), "mention": {**said, "type": "app_mention"}}[way]
    body = event(inner, **unwanted)
    kept = project(body)
    assert _held_by(kept).isdisjoint(_held_by(pictures) | {SECRET, THUMB_TINY} - {"hello", JADE, TEAM})
    incoming = read_event(kept, US)
    if way == "plain" and incoming is not None:
        assert (incoming.text, incoming.attachments) == ("hello", files)
        assert not [it for it in _held_by(incoming) if SECRET in it or THUMB_TINY in it or "IMG_" in it]


def test_a_file_that_came_through_would_be_seen() -> None:
    assert THUMB_TINY in _held_by({"a": [message(files=[picture(1, JADE)])]})


def _held_by(root: object) -> set[str]:
    """Every text that can be reached from an object, by the garbage collector's own account, but for what every file
    of this workspace shares with an ordinary message."""
    seen: dict[int, object] = {}
    left = [root]
    while left:
        it = left.pop()
        if id(it) in seen or isinstance(it, type):
            continue
        seen[id(it)] = it
        left.extend(part for part in gc.get_referents(it) if not callable(part))
    texts = {it for it in seen.values() if isinstance(it, str)}
    return {text for text in texts if "secret" in text.lower() or len(text) > 30}


def test_the_cut_of_a_socket_envelope_is_the_same() -> None:
    body = event(message(files=[picture(1, JADE)], subtype="file_share"))
    envelope = {
        "type": "events_api",
        "envelope_id": "e1",
        "payload": body,
        "accepts_response_payload": False,
        "x": SECRET,
    }
    kept = project_envelope(envelope)
    assert kept == {
        "type": "events_api",
        "envelope_id": "e1",
        "accepts_response_payload": False,
        "payload": project(body),
    }
    assert THUMB_TINY not in str(kept)


def test_of_the_message_under_a_shortcut_only_its_place_is_kept() -> None:
    body = interaction("message_action", callback_id="raise_concern", message=message(SECRET), response_url=SECRET)
    assert SECRET not in str(project(body))


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["type", "event", "user", "actions", "state", "view", "team", "container"]), _FOREIGN
    )
)
def test_any_shape_is_cut_and_read_without_a_fault(shape: dict[str, Any]) -> None:
    kept = project(shape)
    assert SECRET not in str({key: value for key, value in kept.items() if not isinstance(value, str)})
    read_event(kept, US)
    read_event(project({"type": "event_callback", "event": shape}), US)
    read_form_act(kept, TEAM)
    read_shortcut_act(kept, TEAM)
    read_command_act(kept)


# --- acts ---


def test_each_act_has_the_key_that_a_duplicate_is_known_by() -> None:
    pressed = read_press_act(project(press("press:1", "{}")), TEAM)
    assert pressed is not None
    assert pressed.key == f"press:{DM}/1790000000.000200:press:1:1790000001.000002"
    assert pressed.at == moment("1790000001.000002")
    in_view = {
        **press("press:1", "{}"),
        "container": {"type": "view", "view_id": "V1"},
        "view": {"id": "V1", "type": "modal"},
    }
    viewed = read_press_act(project(in_view), TEAM)
    assert viewed is not None
    assert (viewed.key, viewed.view) == ("press:V1:press:1:1790000001.000002", "V1")
    form = read_form_act(project(interaction("view_submission", view={"id": "V1", "hash": "1.a"})), TEAM)
    assert form is not None
    assert form.key == "view:V1:1.a"
    shortcut = read_shortcut_act(project(interaction("shortcut", action_ts="1790000001.000002")), TEAM)
    assert shortcut is not None
    assert shortcut.key == "shortcut:1.2.three"
    command = read_command_act(project({"command": "/x", "user_id": JADE, "trigger_id": "1.2.three"}))
    assert command is not None
    assert command.key == "command:1.2.three"


def test_a_press_by_somebody_of_another_workspace_is_outside() -> None:
    body = press("press:1", "{}")
    body["user"]["team_id"] = "T0OTHER"
    act = read_press_act(project(body), TEAM)
    assert act is not None
    assert act.outside

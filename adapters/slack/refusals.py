"""What Slack's errors mean for a post: not done, perhaps done, never here, or a matter for the trust's IT. Pure.

What a call carried must never enter: an error is its code and nothing else.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Meaning(StrEnum):
    """AGAIN: certainly not done, may be repeated. AMBIGUOUS: may have been done (F6). REFUSED: never here, find another
    way (P5). OPERATOR: nothing works until somebody changes the app's settings (P4)."""

    AGAIN = "again"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"
    OPERATOR = "operator"


THROTTLED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

_WHOLE_APP = """
    not_authed invalid_auth account_inactive token_revoked token_expired two_factor_setup_required
    enterprise_is_restricted ekm_access_denied accesslimited org_login_required team_added_to_org
    http_401 http_403 http_404 http_407
"""
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch"})
"""Of the refusals: what was to be changed in place stands there no more, or cannot be changed any more."""

WHOLE_APP = frozenset(_WHOLE_APP.split())
"""Faults that every call shares: after one of these nothing is called for `adapters.breaker.OPERATOR_WAIT`."""

_TABLE = {
    Meaning.AGAIN: """
        ratelimited rate_limited message_limit_exceeded request_timeout external_channel_migrating
    """,
    Meaning.AMBIGUOUS: """
        internal_error fatal_error service_unavailable update_failed server_error
    """,
    Meaning.OPERATOR: _WHOLE_APP
    + """
        missing_scope not_allowed_token_type method_deprecated deprecated_endpoint method_not_supported_for_channel_type
        team_access_not_granted unknown_method app_missing
    """,
    Meaning.REFUSED: """
        channel_not_found not_in_channel is_archived is_inactive restricted_action restricted_action_read_only_channel
        restricted_action_thread_only_channel restricted_action_non_threadable_channel no_permission access_denied
        channel_is_limited_access channel_type_not_supported not_supported user_not_found users_not_found user_disabled
        user_not_visible user_not_in_channel user_is_bot user_is_restricted user_is_ultra_restricted cannot_dm_bot
        cannot_message_self messages_tab_disabled team_not_found fetch_members_failed is_bot not_enabled
        cannot_reply_to_message cant_broadcast_message thread_not_found
        message_not_found cant_update_message edit_window_closed block_mismatch streaming_state_conflict
        no_dual_broadcast_content_update
        no_text msg_too_long msg_blocks_too_long too_many_attachments too_many_blocks
        invalid_blocks invalid_blocks_format
        invalid_attachments attachment_payload_limit_exceeded as_user_not_supported markdown_text_conflict
        invalid_metadata_format invalid_metadata_schema metadata_too_large metadata_must_be_sent_from_app
        slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked slack_connect_clip_sharing_blocked
        duplicate_external_id view_too_large hash_conflict not_found push_limit_reached
        expired_trigger_id trigger_expired invalid_trigger_id trigger_exchanged exchanged_trigger_id invalid_trigger
        invalid_cursor invalid_limit invalid_ts_latest invalid_ts_oldest invalid_types method_not_allowed
        invalid_arguments invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type
        missing_post_type invalid_json json_not_object missing_argument channel_required http_413
    """,
}

KNOWN = {code: meaning for meaning, codes in _TABLE.items() for code in codes.split()}
"""Every error code with a class. One that is not here is ambiguous and an alarm (P3)."""

_CODE = re.compile(r"[a-z0-9_]{1,60}")
_SCOPES = re.compile(r"[a-z0-9_.:,-]{1,100}")


def code_of(data: object) -> str:
    """The error code in an answer, or ''. Anything that is not made like a code is `unreadable`, never shown."""
    said = data.get("error") if isinstance(data, dict) else None
    if said is None:
        return ""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else "unreadable"


def scopes_wanted(data: object) -> str:
    """Which scopes an answer says are missing ("channels:read"), or ''."""
    wanted = data.get("needed") if isinstance(data, dict) else None
    return wanted if isinstance(wanted, str) and _SCOPES.fullmatch(wanted) else ""


def reason_of(status: int, code: str) -> str:
    """One word for what happened: the error's code, or the HTTP status, or `not_json`."""
    if status >= 500 or status == 408:
        return f"http_{status}"
    if status == 429:
        return "ratelimited"
    return code or (f"http_{status}" if status != 200 else "not_json")


def meaning_of(reason: str) -> Meaning:
    """The class of a reason. A server's fault, a page instead of an answer and anything unheard of are ambiguous."""
    return KNOWN.get(reason, Meaning.AMBIGUOUS)


def is_unheard_of(reason: str) -> bool:
    return reason not in KNOWN and reason != "not_json" and not reason.startswith("http_5") and reason != "http_408"

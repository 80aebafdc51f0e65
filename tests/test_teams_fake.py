"""The fake Teams itself, proved with Microsoft's own clients and a small bot, so that its word on ours counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import msal
import pytest
from botbuilder.schema import Activity, ChannelAccount, ConversationParameters
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import AuthenticationConfiguration, ChannelValidation, SimpleCredentialProvider
from msrest.authentication import BasicTokenAuthentication

from tests.teams.activities import CANARY
from tests.teams.cards import card_faults
from tests.teams.echo import Echo, attached, card, echoing, execute, message, never, opens, text
from tests.teams.fake import APP, BOT, TENANT, FakeTeams, NotOnTheScreen, Room, Somebody, Team, guid, text_of, thread
from tests.teams.keys import ISSUER
from tests.teams.ledger import Json
from tests.teams.login import CONNECTOR, GRAPH, SECRET
from tests.teams.reading import labels_of, options_of
from tests.teams.world import CARD

JADE, SAM, GUEST = guid("jade"), guid("sam"), guid("guest")
PEOPLE = (
    Somebody(JADE, "Jade Example", groups=[guid("staff")]),
    Somebody(SAM, "Sam Example", installed=False),
    Somebody(GUEST, "Guest Example", role="guest"),
    Somebody("", "Nobody Example", role="anonymous"),
)
DSL, OTHER = thread("dsl"), thread("other")
TEAM = Team(DSL, "Safeguarding", members=[JADE, SAM], channels={OTHER: ("Leads", "standard")})
CHAT = Room(thread("chat", chat=True), name="Leads", members=[JADE, GUEST])

SAVED: Json = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Saved"}


@pytest.fixture
async def teams() -> AsyncIterator[FakeTeams]:
    async with FakeTeams(PEOPLE, [TEAM, CHAT]) as it:
        yield it


@pytest.fixture
async def bot(teams: FakeTeams) -> AsyncIterator[Echo]:
    async with echoing(teams) as it:
        yield it


def sdk(teams: FakeTeams) -> ConnectorClient:
    """Microsoft's own client."""
    return ConnectorClient(BasicTokenAuthentication({"access_token": teams.login.issue(CONNECTOR)}), teams.service_url)


def task(content: Json) -> Json:
    return {"task": {"type": "continue", "value": {"title": "T", "height": "medium", "card": attached(content)}}}


CHOICES: Json = {
    "type": "Input.ChoiceSet",
    "id": "field:what",
    "label": "What was it?",
    "isMultiSelect": True,
    "choices": [{"title": "Phone", "value": "phone"}, {"title": "Photo", "value": "photo"}],
}
WORDS: Json = {"type": "Input.Text", "id": "words", "label": "Words", "maxLength": 20}


# --- Microsoft's own clients ---


async def test_microsofts_own_connector_posts_changes_and_lists_members_here(teams: FakeTeams) -> None:
    client = sdk(teams)
    given = ConversationParameters(bot=ChannelAccount(id=BOT), channel_data={"tenant": {"id": TENANT}})
    given.members = [ChannelAccount(id=teams.world.who(JADE).id)]
    made = await client.conversations.create_conversation(given)
    activity = Activity().deserialize(message(card(text("first"))))
    sent = await client.conversations.send_to_conversation(made.id, activity)
    changed = Activity().deserialize(message(card(text("second"))))
    assert (await client.conversations.update_activity(made.id, sent.id, changed)).id == sent.id
    (standing,) = teams.screen(JADE)
    assert (text_of(standing), standing.versions) == ("second", 2)
    page = await client.conversations.get_conversation_paged_members(DSL)
    assert {each.aad_object_id for each in page.members} == {JADE, SAM}


async def test_msal_gets_its_token_here_and_a_wrong_secret_is_refused_as_entra_does(teams: FakeTeams) -> None:
    def ask(secret: str) -> dict[str, Any]:
        client = teams.http_client()
        authority = f"https://login.microsoftonline.com/{TENANT}"
        app = msal.ConfidentialClientApplication(APP, client_credential=secret, authority=authority, http_client=client)
        given: dict[str, Any] = app.acquire_token_for_client([CONNECTOR])
        client.close()
        return given

    good = await asyncio.to_thread(ask, SECRET)
    assert good["access_token"] in teams.login.issued
    wrong = await asyncio.to_thread(ask, "wrong")
    assert (wrong["error"], wrong["error_codes"]) == ("invalid_client", [7000215])
    assert [call.status for call in teams.calls("login.token")] == [200, 401]


async def test_msal_gets_a_token_for_a_managed_identity_here(teams: FakeTeams) -> None:
    def ask() -> dict[str, Any]:
        identity = msal.UserAssignedManagedIdentity(client_id=APP)
        client = teams.http_client()
        app = msal.ManagedIdentityClient(identity, http_client=client)
        given: dict[str, Any] = app.acquire_token_for_client(resource="https://api.botframework.com")
        client.close()
        return given

    assert (await asyncio.to_thread(ask))["access_token"] in teams.login.issued


async def test_microsofts_own_check_takes_our_tokens_until_the_key_changes(
    teams: FakeTeams, bot: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", teams.endpoints["openid"])

    def check(token: str) -> bool:
        checked = ChannelValidation.authenticate_channel_token_with_service_url(
            f"Bearer {token}",
            SimpleCredentialProvider(APP, ""),
            teams.service_url,
            "msteams",
            AuthenticationConfiguration(["msteams"]),
        )
        return bool(asyncio.run(checked).is_authenticated)

    await teams.say(JADE, "hello")
    assert await asyncio.to_thread(check, bot.tokens[0])
    teams.rotate()
    await teams.say(JADE, "again")
    assert bot.tokens[1] != bot.tokens[0]
    with pytest.raises(IndexError):
        await asyncio.to_thread(check, bot.tokens[1])


# --- the signing keys ---


async def test_one_token_is_used_for_an_hour_and_says_whom_it_is_for(bot: Echo, teams: FakeTeams) -> None:
    now = [1_790_000_000.0]
    teams.keys.now = lambda: now[0]
    await teams.say(JADE, "one")
    now[0] += 1800
    await teams.say(JADE, "two")
    now[0] += 1800
    await teams.say(JADE, "three")
    assert bot.tokens[0] == bot.tokens[1] != bot.tokens[2]
    claims = teams.keys.claims(teams.service_url, aud=None)
    assert (claims["iss"], claims["serviceurl"], "aud" in claims) == (ISSUER, teams.service_url, False)


async def test_the_keys_are_published_with_their_endorsements_and_a_rotation_takes_the_old_one_away(
    teams: FakeTeams,
) -> None:
    async def published() -> list[Json]:
        async with aiohttp.ClientSession() as session:
            metadata = await (await session.get(teams.endpoints["openid"])).json()
            keys: list[Json] = (await (await session.get(metadata["jwks_uri"])).json())["keys"]
            return keys

    (first,) = await published()
    teams.rotate(keep_old=True)
    assert (await published())[0]["kid"] == first["kid"]
    teams.rotate()
    assert first["kid"] not in [key["kid"] for key in await published()]
    assert "msteams" in first["endorsements"]
    assert len(teams.calls("keys")) == 3


# --- the connector ---


async def test_a_thread_of_a_channel_is_made_with_its_message_and_changed_in_place(teams: FakeTeams, bot: Echo) -> None:
    about = {"channel": {"id": OTHER}, "tenant": {"id": TENANT}}
    given = {"isGroup": True, "channelData": about, "bot": {"id": BOT}, "activity": message(card(text("one")))}
    status, made = await bot.call("POST", "conversations", given)
    assert (status, made["id"]) == (201, f"{OTHER};messageid={made['activityId']}")
    path = f"conversations/{quote(made['id'], safe='')}/activities/{made['activityId']}"
    assert (await bot.call("PUT", path, message(card(text("two")))))[0] == 200
    assert [text_of(each) for each in teams.screen(OTHER)] == ["two"]
    assert teams.screen(DSL) == []
    assert teams.calls("activities.update", place=OTHER, performed=True)[0].path["conversation"] == made["id"]


async def test_nothing_is_posted_where_the_app_is_not(teams: FakeTeams, bot: Echo) -> None:
    sam = {"isGroup": False, "members": [{"id": teams.world.who(SAM).id}], "tenantId": TENANT, "bot": {"id": BOT}}
    assert (await bot.call("POST", "conversations", sam))[0] == 403
    await teams.install(SAM)
    _, made = await bot.call("POST", "conversations", sam)
    assert (await bot.post(made["id"], card(text("x"))))[0] == 201
    teams.block(SAM)
    status, why = await bot.post(made["id"], card(text("x")))
    assert (status, why["error"]["code"]) == (403, "ConversationBlockedByUser")
    await teams.uninstall(SAM, told=False)
    status, why = await bot.post(made["id"], card(text("x")))
    assert (status, why["error"]["code"]) == (403, "BotNotInConversationRoster")
    await teams.uninstall(JADE, CHAT.id)
    assert (await bot.post(CHAT.id, card(text("x"))))[0] == 403
    assert bot.heard[-1]["action"] == "remove"


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": [{"id": JADE}]},
        {"members": []},
        {"members": [{"id": "29:a"}, {"id": "29:b"}]},
        {"tenantId": guid("another tenant")},
        {"isGroup": True},
        {"bot": {"id": "28:another"}},
    ],
)
async def test_a_conversation_is_made_only_with_one_known_person_of_the_tenant(
    teams: FakeTeams, bot: Echo, wrong: Json
) -> None:
    good = {"isGroup": False, "members": [{"id": teams.world.who(JADE).id}], "tenantId": TENANT, "bot": {"id": BOT}}
    assert (await bot.call("POST", "conversations", good))[0] == 201
    assert (await bot.call("POST", "conversations", good | wrong))[0] in (400, 403)


async def test_members_come_page_by_page_and_one_by_any_of_their_names(teams: FakeTeams, bot: Echo) -> None:
    teams.set_up(page=1)
    first = (await bot.call("GET", f"conversations/{DSL}/pagedmembers?pageSize=500"))[1]
    token = quote(first["continuationToken"])
    last = (await bot.call("GET", f"conversations/{DSL}/pagedmembers?pageSize=500&continuationToken={token}"))[1]
    assert [each["aadObjectId"] for each in (*first["members"], *last["members"])] == [JADE, SAM]
    assert "continuationToken" not in last
    who = teams.world.who(GUEST)
    for name in (who.id, GUEST, who.upn):
        shown = (await bot.call("GET", f"conversations/{CHAT.id}/members/{quote(name)}"))[1]
        assert (shown["id"], shown["userRole"]) == (who.id, "guest")
    assert (await bot.call("GET", f"conversations/{CHAT.id}/members/{SAM}"))[0] == 404


async def test_a_member_may_be_shown_without_what_teams_leaves_out(teams: FakeTeams, bot: Echo) -> None:
    teams.set_up(members_as=lambda who, shown: {key: shown[key] for key in ("id", "name")})
    shown = (await bot.call("GET", f"conversations/{CHAT.id}/members/{JADE}"))[1]
    assert shown == {"id": teams.world.who(JADE).id, "name": "Jade Example"}


async def test_a_team_says_its_group_and_channels_and_general_has_no_name(teams: FakeTeams, bot: Echo) -> None:
    team = (await bot.call("GET", f"teams/{DSL}"))[1]
    assert team["aadGroupId"] == teams.world.teams[DSL].group
    channels = (await bot.call("GET", f"teams/{DSL}/conversations"))[1]["conversations"]
    assert [(each["id"], each["name"]) for each in channels] == [(DSL, None), (OTHER, "Leads")]
    assert (await bot.call("GET", f"teams/{OTHER}"))[0] == 404


async def test_no_token_or_a_withdrawn_one_or_one_for_something_else_is_refused(teams: FakeTeams, bot: Echo) -> None:
    assert (await bot.call("GET", f"teams/{DSL}", token="made up"))[0] == 401
    assert (await bot.call("GET", f"teams/{DSL}", token=teams.login.issue(GRAPH)))[0] == 401
    teams.login.revoke()
    assert (await bot.call("GET", f"teams/{DSL}"))[0] == 401
    assert teams.calls("teams.get")[0].token == "made up"
    teams.set_up(asks_token=False)
    assert (await bot.call("GET", f"teams/{DSL}", token=""))[0] == 200


async def test_a_tenant_that_moved_is_no_longer_reached_at_the_old_address(teams: FakeTeams, bot: Echo) -> None:
    old = teams.service_url
    new = teams.move("emea")
    assert (await bot.call("GET", f"teams/{DSL}", base=old))[0] == 403
    assert (await bot.call("GET", f"teams/{DSL}"))[0] == 200
    await teams.say(JADE, "hello")
    assert bot.heard[0]["serviceUrl"] == new != old


async def test_what_teams_would_not_show_is_refused(teams: FakeTeams, bot: Echo) -> None:
    chat = teams.world.personal(JADE).id
    assert (await bot.post(chat, card({"type": "Input.Signature"})))[0] == 400
    assert (await bot.post(chat, card(text("x" * 30_000))))[0] == 413
    path = f"conversations/{chat}/activities"
    assert (await bot.call("POST", path, {"type": "message"}))[0] == 400
    assert (await bot.call("POST", path, message(card(text("x"))) | {"text": "beside it"}))[0] == 400
    picture = {"type": "message", "attachments": [{"contentType": "image/png", "contentUrl": "https://example.org"}]}
    assert (await bot.call("POST", path, picture))[0] == 400
    assert teams.screen(JADE) == []
    assert (await bot.post(chat, card(text("x"))))[0] == 201
    assert len(teams.calls("activities.*")) - 1 == len([c for c in teams.calls() if not c.performed]) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {**card(), "version": "1.6"},
        card({"type": "TextBlock"}),
        card({"type": "RichTextBlock", "inlines": [{"type": "Emoji"}]}),
        card({"type": "Input.Text"}),
        card({"type": "Input.Text", "id": "a"}, {"type": "Input.Text", "id": "a"}),
        card({"type": "Input.ChoiceSet", "id": "a", "choices": [{"title": "A"}]}),
        card({"type": "Container", "items": [{"type": "Carousel"}]}),
        card(actions=[{"type": "Action.Execute"}]),
        card(actions=[{"type": "Action.Http", "title": "Go"}]),
        card(actions=[execute("Go") | {"fallback": {"type": "Action.Http"}}]),
        card(actions=[execute(str(number)) for number in range(7)]),
    ],
)
def test_a_wrong_card_is_seen(wrong: Json) -> None:
    assert card_faults(wrong)
    assert not card_faults(card(text("x"), CHOICES, WORDS, actions=[execute("Go"), opens("Open")]))


async def test_graph_tells_visibility_and_groups_to_who_may_ask(teams: FakeTeams) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {teams.login.issue(GRAPH)}"}) as session:
        team = f"{teams.endpoints['graph']}/teams/{teams.world.teams[DSL].group}?$select=visibility"
        assert (await (await session.get(team)).json())["visibility"] == "private"
        person = f"{teams.endpoints['graph']}/users/{JADE}/checkMemberGroups"
        asked = {"groupIds": [guid("staff"), guid("other")]}
        assert (await (await session.post(person, json=asked)).json())["value"] == [guid("staff")]
        assert (await session.post(person, json={"groupIds": [guid("x")] * 21})).status == 400
        teams.fault("status", "graph.*", status=403)
        assert (await session.get(team)).status == 403
        assert (await session.get(team, headers={"Authorization": "Bearer x"})).status == 401


# --- people ---


async def test_what_is_typed_comes_in_teams_own_shape(teams: FakeTeams, bot: Echo) -> None:
    said = await teams.say(JADE, "a < b")
    (heard,) = bot.heard
    assert (said.status, heard["text"], heard["channelId"]) == (200, "a < b", "msteams")
    assert heard["attachments"] == [{"contentType": "text/html", "content": "<p>a &lt; b</p>"}]
    assert (heard["from"]["aadObjectId"], heard["recipient"]["id"]) == (JADE, BOT)
    assert heard["conversation"]["conversationType"] == "personal"
    assert heard["conversation"]["tenantId"] == heard["channelData"]["tenant"]["id"] == TENANT
    assert [each.text for each in teams.screen(JADE)] == ["a < b"]
    assert Activity().deserialize(heard).from_property.aad_object_id == JADE


async def test_edits_deletes_and_undeletes_carry_the_same_id(teams: FakeTeams, bot: Echo) -> None:
    id_ = (await teams.say(JADE, "first")).id
    await teams.edit(JADE, id_, "second")
    await teams.delete(JADE, id_)
    assert teams.screen(JADE) == []
    await teams.undelete(JADE, id_)
    kinds = [(each["type"], each["channelData"].get("eventType"), each["id"]) for each in bot.heard[1:]]
    assert kinds == [
        ("messageUpdate", "editMessage", id_),
        ("messageDelete", "softDeleteMessage", id_),
        ("messageUpdate", "undeleteMessage", id_),
    ]
    assert ("text" in bot.heard[2], bot.heard[3]["text"]) == (False, "second")
    with pytest.raises(NotOnTheScreen):
        await teams.edit(GUEST, id_, "mine")


async def test_a_mention_names_the_bot_the_thread_and_the_team(teams: FakeTeams, bot: Echo) -> None:
    said = await teams.mention(SAM, OTHER, "what now")
    (heard,) = bot.heard
    assert heard["text"] == "<at>Handrail</at> what now"
    assert heard["conversation"]["id"] == f"{OTHER};messageid={said.id}"
    assert (heard["channelData"]["channel"]["id"], heard["channelData"]["team"]["id"]) == (OTHER, DSL)
    with pytest.raises(NotOnTheScreen):
        await teams.mention(GUEST, OTHER, "not a member")
    await teams.mention(GUEST, CHAT.id, "in the chat")
    assert bot.heard[-1]["conversation"]["conversationType"] == "groupChat"


async def test_installing_says_where_and_joining_says_who(teams: FakeTeams, bot: Echo) -> None:
    await teams.install(SAM)
    joined, added = bot.heard
    assert [each["id"] for each in joined["membersAdded"]] == [BOT, teams.world.who(SAM).id]
    assert (added["action"], added["conversation"]["conversationType"]) == ("add", "personal")
    await teams.install(JADE, OTHER)
    joined, added = bot.heard[2:]
    assert joined["membersAdded"] == [{"id": BOT}]
    assert added["channelData"]["team"]["aadGroupId"] == teams.world.teams[DSL].group
    assert added["conversation"]["id"] == OTHER
    await teams.add(GUEST, OTHER, by=JADE)
    assert bot.heard[-1]["conversation"]["id"] == DSL
    assert bot.heard[-1]["membersAdded"][0]["aadObjectId"] == GUEST
    await teams.remove(GUEST, OTHER, by=JADE)
    assert bot.heard[-1]["channelData"]["eventType"] == "teamMemberRemoved"
    assert (await bot.call("GET", f"conversations/{DSL}/members/{GUEST}"))[0] == 404


@pytest.mark.parametrize("kind", ["file", "inline", "hosted", "data", "reference", "quote", "sticker"])
async def test_a_file_comes_full_of_addresses_that_nobody_may_fetch(teams: FakeTeams, bot: Echo, kind: str) -> None:
    await teams.attach(JADE, kind, "look")
    assert CANARY in json.dumps(bot.heard[0]["attachments"])
    assert bot.heard[0]["attachments"][-1]["contentType"] == "text/html"
    assert bot.session is not None
    await bot.session.get(f"{teams.elsewhere}/{CANARY}/file", headers={"Authorization": "Bearer ours"})
    assert [call.token for call in teams.calls("elsewhere")] == ["ours"]


# --- presses ---


async def posted(bot: Echo, content: Json, place: str = JADE) -> None:
    status, why = await bot.post(bot.teams.world.place(place).id, content)
    assert status == 201, why


async def test_a_press_brings_the_buttons_data_and_every_field_and_shows_the_answer(
    teams: FakeTeams, bot: Echo
) -> None:
    await posted(bot, card(CHOICES, WORDS, actions=[execute("Go", handrail="x")]))
    bot.does = answering(SAVED)
    on = teams.with_label(JADE, "Go")
    assert (labels_of(on), options_of(on, "what")) == (["Go"], ["Phone", "Photo"])
    pressed = await teams.press(JADE, on, "Go", {"What was it?": ["Phone", "photo"]}, words="as said")
    heard = bot.heard[0]
    assert (heard["type"], heard["name"], heard["replyToId"]) == ("invoke", "adaptiveCard/action", on.id)
    assert heard["value"]["trigger"] == "manual"
    assert heard["value"]["action"]["verb"] == "press"
    assert heard["value"]["action"]["data"] == {"handrail": "x", "field:what": "phone,photo", "words": "as said"}
    assert (pressed.said, teams.asides, teams.complaints) == ("Saved", [(JADE, "Saved")], [])
    await teams.press(JADE, on, "Go")
    assert bot.heard[1]["value"]["action"]["data"] == {"handrail": "x", "field:what": "", "words": ""}


def answering(answer: Json) -> Any:
    async def does(activity: Json) -> Json:
        return answer

    return does


async def test_nobody_presses_picks_or_writes_what_is_not_there(teams: FakeTeams, bot: Echo) -> None:
    needed = WORDS | {"isRequired": True, "errorMessage": "Write it"}
    hidden = {"type": "Container", "isVisible": False, "items": [text("secret"), {"type": "ActionSet", "actions": []}]}
    await posted(bot, card(CHOICES, needed, hidden, actions=[execute("Go")]))
    on = teams.with_label(JADE, "Go")
    assert "secret" not in text_of(on)
    for label, picks, words in [
        ("Stop", {}, "x"),
        ("Go", {"who": "x"}, "x"),
        ("Go", {"what": "Letter"}, "x"),
        ("Go", {}, ""),
        ("Go", {}, "x" * 21),
    ]:
        with pytest.raises(NotOnTheScreen):
            await teams.press(JADE, on, label, picks, words)
    with pytest.raises(NotOnTheScreen):
        await teams.press(SAM, on, "Go", words="x")
    with pytest.raises(NotOnTheScreen):
        teams.with_label(JADE, "Stop")
    assert bot.heard == []


async def test_an_old_client_sends_the_fallback_as_a_message_without_a_text(teams: FakeTeams, bot: Echo) -> None:
    await posted(bot, card(CHOICES, actions=[execute("Go", handrail="x"), opens("Open", handrail="y")]))
    teams.set_up(old_client=True)
    on = teams.with_label(JADE, "Go")
    await teams.press(JADE, on, "Go", {"what": "Photo"})
    await teams.press(JADE, on, "Open")
    first, second = bot.heard
    assert (first["type"], first["replyToId"], "text" in first) == ("message", on.id, False)
    assert first["value"] == {"handrail": "x", "field:what": "photo"}
    assert second["value"]["msteams"] == {"type": "task/fetch"}


async def test_a_card_that_comes_back_is_seen_by_the_presser_alone_until_the_bot_changes_it(
    teams: FakeTeams, bot: Echo
) -> None:
    await posted(bot, card(text("shared"), actions=[execute("Go")]), CHAT.id)
    bot.does = answering({"statusCode": 200, "type": CARD, "value": card(text("only for you"))})
    on = teams.with_label(CHAT.id, "Go")
    assert (await teams.press(JADE, on, "Go")).card
    (seen,) = teams.from_bot(CHAT.id)
    assert (text_of(seen, JADE), text_of(seen, GUEST)) == ("only for you", "shared\nGo")
    path = f"conversations/{CHAT.id}/activities/{seen.id}"
    assert (await bot.call("PUT", path, message(card(text("new")))))[0] == 200
    assert text_of(teams.from_bot(CHAT.id)[0], JADE) == "new"
    assert text_of(on, JADE) == "shared\nGo"


async def test_a_dialog_opens_changes_speaks_and_closes(teams: FakeTeams, bot: Echo) -> None:
    await posted(bot, card(actions=[opens("Open", handrail="x")]))
    form = card(WORDS, actions=[{"type": "Action.Submit", "title": "Send", "data": {"nonce": "n"}}])
    bot.does = answering(task(form))
    opened = await teams.press(JADE, teams.with_label(JADE, "Open"), "Open")
    assert bot.heard[0]["value"] == {
        "data": {"handrail": "x", "msteams": {"type": "task/fetch"}},
        "context": {"theme": "default"},
    }
    dialog = opened.dialog
    assert dialog is not None
    assert teams.dialogs_of(JADE) == [dialog]
    await dialog.press("Send", words="as said")
    assert (bot.heard[1]["name"], bot.heard[1]["value"]["data"]) == ("task/submit", {"nonce": "n", "words": "as said"})
    assert (dialog.closed, len(dialog.earlier)) == (False, 1)
    bot.does = answering({})
    await dialog.press("Send")
    assert dialog.closed
    with pytest.raises(NotOnTheScreen):
        await dialog.press("Send")
    bot.does = answering({"task": {"type": "message", "value": "Not saved"}})
    assert (await teams.press(JADE, teams.with_label(JADE, "Open"), "Open")).said == "Not saved"
    assert teams.complaints == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"task": task(card())["task"]["value"]},
        {"task": {"type": "continue", "value": {"title": "T", "card": card()}}},
        {"task": {"type": "continue", "value": {"title": "T", "width": "wide", "card": attached(card())}}},
        {"statusCode": 200, "type": "application/vnd.microsoft.error", "value": {}},
        {"statusCode": 200, "type": CARD, "value": card({"type": "Nothing"})},
    ],
)
async def test_an_answer_that_teams_does_not_know_is_trouble_and_is_complained_of(
    teams: FakeTeams, bot: Echo, answer: Json
) -> None:
    await posted(bot, card(actions=[execute("Go"), opens("Open")]))
    bot.does = answering(answer)
    on = teams.with_label(JADE, "Go")
    assert (await teams.press(JADE, on, "Open" if "task" in answer or not answer else "Go")).trouble
    assert len(teams.complaints) == 1


async def test_an_invoke_that_is_not_answered_in_time_is_trouble_and_may_come_again(
    teams: FakeTeams, bot: Echo
) -> None:
    await posted(bot, card(actions=[execute("Go")]))
    bot.does = never
    teams.set_up(invoke_patience=0.05, invoke_resends=2)
    pressed = await teams.press(JADE, teams.with_label(JADE, "Go"), "Go")
    assert pressed.trouble
    assert len({each["id"] for each in bot.heard}) == 3
    assert teams.complaints == []


# --- coming again, and what goes wrong ---


async def test_a_message_not_answered_in_time_comes_again_four_times_under_new_ids(teams: FakeTeams, bot: Echo) -> None:
    bot.does = never
    teams.set_up(patience=0.05)
    said = await teams.say(JADE, "slow")
    await teams.settled()
    assert (len(said.attempts), said.taken, said.over) == (5, False, True)
    assert len({each["id"] for each in bot.heard}) == len({each["timestamp"] for each in bot.heard}) == 5
    assert {each["text"] for each in bot.heard} == {"slow"}
    assert len(teams.screen(JADE)) == 1


async def test_a_message_that_was_answered_does_not_come_again(teams: FakeTeams, bot: Echo) -> None:
    teams.set_up(patience=0.5)
    said = await teams.say(JADE, "quick")
    await teams.settled()
    assert (len(said.attempts), said.over) == (1, True)
    assert (await teams.resend(said)).taken
    assert bot.heard[0]["id"] != bot.heard[1]["id"]


async def test_faults_strike_whom_they_name_as_often_as_they_say(teams: FakeTeams, bot: Echo) -> None:
    chat = teams.world.personal(JADE).id
    slow_down = teams.fault("status", "activities.*", status=429, retry_after="3", place=chat)
    assert (await bot.post(CHAT.id, card(text("x"))))[0] == 201
    status, why = await bot.post(chat, card(text("x")))
    assert (status, why["error"]["code"], slow_down.hits) == (429, "Throttled", 1)
    assert (await bot.post(chat, card(text("x"))))[0] == 201
    teams.fault("missing", "activities.send", field="id")
    assert (await bot.post(chat, card(text("x"))))[1] == {}
    teams.fault("redirect", "activities.send", location=teams.elsewhere)
    assert (await bot.post(chat, card(text("x"))))[0] == 307
    assert teams.calls("elsewhere") == []
    assert [call.performed for call in teams.calls("activities.send", place=chat)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("kind", "stands"),
    [("drop_before", 0), ("drop_after_accept", 1), ("reset", 1), ("truncated", 1), ("garbage", 0)],
)
async def test_a_broken_answer_says_nothing_and_the_ledger_says_what_was_done(
    teams: FakeTeams, bot: Echo, kind: Any, stands: int
) -> None:
    fault = teams.fault(kind, "activities.send", times=0)
    with pytest.raises((aiohttp.ClientError, ConnectionError, ValueError, KeyError)):
        _, answer = await bot.post(teams.world.personal(JADE).id, card(text("x")))
        answer["id"]
    assert len(teams.screen(JADE)) == len(teams.calls("activities.send", performed=True)) == stands
    fault.lift()
    assert (await bot.post(teams.world.personal(JADE).id, card(text("x"))))[0] == 201


async def test_a_call_may_hang_or_be_slow(teams: FakeTeams, bot: Echo) -> None:
    teams.fault("slow", "teams.get", seconds=0.05)
    assert (await bot.call("GET", f"teams/{DSL}"))[0] == 200
    teams.fault("hang", "teams.get")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bot.call("GET", f"teams/{DSL}"), 0.1)


async def test_the_cloud_may_be_down_and_come_back_at_the_same_address(teams: FakeTeams, bot: Echo) -> None:
    await teams.down()
    with pytest.raises(aiohttp.ClientError):
        await bot.call("GET", f"teams/{DSL}")
    await teams.up()
    assert (await bot.call("GET", f"teams/{DSL}"))[0] == 200


async def test_a_message_may_never_be_delivered(teams: FakeTeams, bot: Echo) -> None:
    teams.fault("lose", "message")
    assert (await teams.say(JADE, "lost")).lost
    assert (await teams.say(JADE, "found")).taken
    assert [each["text"] for each in bot.heard] == ["found"]


async def test_waiting_ends_when_it_is_so_and_not_before(teams: FakeTeams, bot: Echo) -> None:
    waiting = asyncio.create_task(teams.until(lambda: teams.screen(JADE)))
    await asyncio.sleep(0)
    assert not waiting.done()
    await bot.post(teams.world.personal(JADE).id, card(text("x")))
    await waiting
    with pytest.raises(TimeoutError):
        await teams.until(lambda: False, 0.01)


async def test_without_proof_no_token_is_sent(teams: FakeTeams, bot: Echo) -> None:
    teams.set_up(signed=False)
    await teams.say(JADE, "local")
    assert bot.tokens == [""]
    assert (await teams.raw(b"{}", {"Content-Type": "application/json"})).status == 200
    bad = teams.activity(JADE, "by hand") | {"channelId": "webchat"}
    assert (await teams.deliver(bad)).activity["channelId"] == "webchat"

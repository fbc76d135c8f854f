"""Every method this workspace knows, with Slack's rate tier and scope.

Source: docs.slack.dev, reference/methods. Calls a minute: tier 1 is 1, 2 is 20, 3 is 50, 4 is
100; methods with a special limit have a figure of their own. apps.connections.open is tier 1 by
the book, but Slack lets a client replace all its connections at once.
"""

from bot.workspace.api import chat, conversations, files, marks, modals, people
from bot.workspace.api.call import Method

TIER_2, TIER_3, TIER_4 = 20, 50, 100
SPECIAL = 600

METHODS: dict[str, Method] = {
    "api.test": Method(people.api_test, TIER_4, token="none"),
    "apps.connections.open": Method(people.open_connection, TIER_2, token="app"),
    "auth.test": Method(people.auth_test, SPECIAL),
    "bots.info": Method(people.bots_info, TIER_3, "users:read"),
    "chat.delete": Method(chat.delete, TIER_3, "chat:write"),
    "chat.getPermalink": Method(chat.permalink, SPECIAL),
    "chat.postEphemeral": Method(chat.post_ephemeral, TIER_4, "chat:write"),
    "chat.postMessage": Method(chat.post_message, SPECIAL, "chat:write"),
    "chat.update": Method(chat.update, TIER_3, "chat:write"),
    "conversations.archive": Method(conversations.archive, TIER_2, "channels:manage"),
    "conversations.create": Method(conversations.create, TIER_2),
    "conversations.history": Method(conversations.history, TIER_3, "channels:history"),
    "conversations.info": Method(conversations.info, TIER_3, "channels:read"),
    "conversations.invite": Method(conversations.invite, TIER_3, "channels:manage"),
    "conversations.join": Method(conversations.join, TIER_3, "channels:join"),
    "conversations.list": Method(conversations.listing, TIER_2, "channels:read"),
    "conversations.members": Method(conversations.members, TIER_4, "channels:read"),
    "conversations.open": Method(conversations.open_im, TIER_3, "im:write"),
    "conversations.replies": Method(conversations.replies, TIER_3, "channels:history"),
    "conversations.setTopic": Method(conversations.set_topic, TIER_2, "channels:manage"),
    "files.completeUploadExternal": Method(files.complete_upload, TIER_4, "files:write"),
    "files.delete": Method(files.delete, TIER_3, "files:write"),
    "files.getUploadURLExternal": Method(files.get_upload_url, TIER_4, "files:write"),
    "files.info": Method(files.info, TIER_4, "files:read"),
    "pins.add": Method(marks.add_pin, TIER_2, "pins:write"),
    "pins.remove": Method(marks.remove_pin, TIER_2, "pins:write"),
    "reactions.add": Method(marks.add_reaction, TIER_3, "reactions:write"),
    "reactions.get": Method(marks.get_reactions, TIER_3, "reactions:read"),
    "reactions.remove": Method(marks.remove_reaction, TIER_2, "reactions:write"),
    "team.info": Method(people.team_info, TIER_3, "team:read"),
    "users.info": Method(people.users_info, TIER_4, "users:read"),
    "users.list": Method(people.users_list, TIER_2, "users:read"),
    "views.open": Method(modals.open_view, TIER_4),
    "views.publish": Method(modals.publish_view, TIER_4),
    "views.push": Method(modals.push_view, TIER_4),
    "views.update": Method(modals.update_view, TIER_4),
}

"""auth, apps, team, users and bots: who is here."""

from bot.workspace.api.call import Call
from bot.workspace.errors import SlackError
from bot.workspace.shapes import user_object
from bot.workspace.types import Json


def auth_test(call: Call) -> Json:
    """auth.test: the team and the bot."""
    directory = call.workspace.directory
    return {
        "url": f"{call.workspace.url}/",
        "team": directory.team.name,
        "user": directory.bot.name,
        "team_id": directory.team.id,
        "user_id": directory.bot.user_id,
        "bot_id": directory.bot.bot_id,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    """api.test: gives the arguments back; `error` makes it fail."""
    error = call.optional("error")
    if error:
        raise SlackError(error, extra={"args": call.args})
    return {"args": call.args}


def open_connection(call: Call) -> Json:
    """apps.connections.open: the address of one Socket Mode connection."""
    base = call.workspace.url.replace("http", "ws", 1)
    ticket = call.workspace.sockets.ticket()
    return {"url": f"{base}/link/?ticket={ticket}&app_id={call.workspace.directory.bot.app_id}"}


def team_info(call: Call) -> Json:
    """team.info."""
    team = call.workspace.directory.team
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "domain": team.domain,
            "url": f"{call.workspace.url}/",
            "email_domain": "",
            "icon": {},
        }
    }


def users_info(call: Call) -> Json:
    """users.info."""
    return {"user": user_object(call.user(), call.workspace.directory)}


def users_list(call: Call) -> Json:
    """users.list: everybody on one page."""
    directory = call.workspace.directory
    return {
        "members": [user_object(user, directory) for user in directory.users()],
        "cache_ts": 0,
        "response_metadata": {"next_cursor": ""},
    }


def bots_info(call: Call) -> Json:
    """bots.info of the app's own bot."""
    bot = call.workspace.directory.bot
    if call.optional("bot") not in (None, bot.bot_id):
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": bot.bot_id,
            "deleted": False,
            "name": bot.name,
            "updated": 0,
            "app_id": bot.app_id,
            "user_id": bot.user_id,
            "icons": {},
        }
    }

"""The first message a stranger reads."""

import httpx

from bot.demo.errors import DemoError
from bot.demo.places import Places, write_whole

_MARK = "interlock-welcome"
_TEXT = "Welcome to harbor. Try `/ops status harbor` first."
_PARAGRAPHS = (
    "*Welcome.* I am Interlock, and `harbor` is a real stack on this machine: a PostgreSQL with "
    "50,000 rows, a folder of files and two services. Nothing dangerous runs here before enough "
    "people have said yes. You are *ana*, an operator; switch people at the top of the page.",
    "*Look*\n`/ops status harbor` · `/ops logs harbor api` · `/ops help`\n\n"
    "*Back it up* (interrupts nothing, so it runs at once)\n`/ops backup harbor all`\n\n"
    "*Break it, then put it back*\n"
    "1. Delete files in `{uploads}`, or rows of the database: its address is in "
    "`{description}`.\n"
    "2. `/ops restore harbor uploads` or `/ops restore harbor postgres` shows what would be lost, "
    "and asks.\n"
    "3. As *ben*, then as *cleo*, press Approve. You cannot approve your own request.\n"
    "4. Changed your mind? `/ops restore harbor postgres --undo`\n\n"
    "*Change something* (one approval)\n`/ops restart harbor api`\n\n"
    "*Let it fail*\nEnd the process that `{api}` names: within a minute its alert is here, "
    "with what helps on its card.\n\n"
    "*Only look at the plan*\n`/ops plan restore harbor uploads latest --paper`",
    "Everything is kept: `/ops runs harbor` and `/ops audit harbor` tell who did what.",
)


def welcome(places: Places, workspace_url: str, token: str, channel: str) -> None:
    """Posts the message as the bot, once per folder.

    Raises DemoError when the workspace does not take it.
    """
    if places.welcomed.exists():
        return
    with httpx.Client(
        base_url=f"{workspace_url}/api/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
        trust_env=False,
    ) as slack:
        if not _is_there(slack, channel):
            _post(slack, channel, places)
    write_whole(places.welcomed, "The welcome was posted.\n")


def _is_there(slack: httpx.Client, channel: str) -> bool:
    """Whether it was posted already, by a demo that was killed before it could note so."""
    arguments = {"channel": channel, "limit": "50"}
    answer = slack.post("conversations.history", data=arguments).json()
    blocks = [block for each in answer.get("messages", []) for block in each.get("blocks", [])]
    return any(block.get("block_id") == _MARK for block in blocks)


def _post(slack: httpx.Client, channel: str, places: Places) -> None:
    named = {
        "uploads": places.uploads,
        "description": places.description,
        "api": places.processes / "api.pid",
    }
    said = [text.format(**named) for text in _PARAGRAPHS]
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in said]
    marked = [{**sections[0], "block_id": _MARK}, *sections[1:]]
    message = {"channel": channel, "text": _TEXT, "blocks": marked}
    answer = slack.post("chat.postMessage", json=message).json()
    if not answer.get("ok"):
        raise DemoError(f"The workspace does not take the welcome: {answer.get('error')}.")

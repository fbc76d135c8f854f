"""Files as Slack describes them."""

import mimetypes
import time
from pathlib import PurePath

from bot.workspace.types import Json
from bot.workspace.workspace import Workspace


def file_object(workspace: Workspace, file_id: str, filename: str, length: int) -> Json:
    """A file of the bot's that holds nothing yet; `length` in bytes."""
    address = f"{workspace.url}/sim/files/{file_id}"
    suffix = PurePath(filename).suffix.removeprefix(".").lower()
    return {
        "id": file_id,
        "created": int(time.time()),
        "timestamp": int(time.time()),
        "name": filename,
        "title": filename,
        "mimetype": mimetypes.guess_type(filename)[0] or "application/octet-stream",
        "filetype": suffix or "binary",
        "pretty_type": (suffix or "binary").upper(),
        "user": workspace.directory.bot.user_id,
        "user_team": workspace.directory.team.id,
        "editable": False,
        "size": length,
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "alt_txt": "",
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
        "channels": [],
        "ims": [],
        "groups": [],
        "shares": {},
    }

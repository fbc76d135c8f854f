"""Files that people have uploaded in Slack, brought onto the bot's host."""

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from playbooks.errors import InputError

_MOST_BYTES = 1 << 30
_ANSWER_SECONDS = 10.0
_KEPT_SECONDS = 2 * 24 * 3600.0
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_SLACK = re.compile(r"(^|\.)slack\.com$")


class SlackUploads:
    """Asks Slack for files with the bot's token, which goes to Slack's own hosts only."""

    def __init__(self, token: str, base_url: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._base = base_url.rstrip("/")

    def fetch(self, file: str, folder: Path) -> Path:
        """A file by its id, as `FOLDER/ID-NAME`, readable by us alone.

        One that was fetched already is not fetched again; those of earlier days are removed.
        Raises InputError when Slack does not give it, or it is too large.
        """
        try:
            seen = self._asked("files.info", {"file": file})["file"]
            path = folder / f"{file}-{_UNSAFE.sub('_', str(seen['name']))[-80:]}"
            self._require_small(seen)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_old(folder)
            if not path.exists() or path.stat().st_size != seen["size"]:
                self._download(str(seen["url_private_download"]), path, int(seen["size"]))
        except httpx.HTTPError as error:
            raise InputError(f"Slack does not give the file {file}: {error}.") from error
        except OSError as error:
            raise InputError(f"{folder} cannot take the file {file}: {error.strerror}.") from error
        return path

    def opening(self, channel: str, thread_ts: str) -> tuple[str, ...]:
        """The ids of the files in the message that a thread hangs on. Empty when Slack does not
        say."""
        try:
            said = self._asked("conversations.replies", {"channel": channel, "ts": thread_ts})
        except (httpx.HTTPError, InputError):
            return ()
        messages = [each for each in said.get("messages", ()) if each.get("ts") == thread_ts]
        return tuple(str(file["id"]) for each in messages for file in each.get("files") or ())

    def _asked(self, method: str, args: dict[str, str]) -> dict[str, Any]:
        answer = httpx.post(
            f"{self._base}/{method}", data=args, headers=self._headers, timeout=_ANSWER_SECONDS
        )
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        if not said.get("ok"):
            raise InputError(
                f"Slack answered {said.get('error')} for {args}.",
                "The bot has to be in the channel where the file is.",
            )
        return said

    def _require_small(self, seen: dict[str, Any]) -> None:
        if int(seen["size"]) > _MOST_BYTES:
            raise InputError(
                f"{seen['name']} has {seen['size']} bytes; {_MOST_BYTES} at most are taken.",
                "Put it on the bot's host and name its path.",
            )
        url = urlsplit(str(seen["url_private_download"]))
        ours = urlsplit(self._base)
        at_slack = url.scheme == "https" and _SLACK.search(url.hostname or "")
        if not at_slack and (url.scheme, url.netloc) != (ours.scheme, ours.netloc):
            raise InputError(f"{seen['name']} is not kept by Slack itself, so it is not fetched.")

    def _download(self, url: str, path: Path, size: int) -> None:
        """Under its name only when it is there whole."""
        part, done = path.with_name(f"{path.name}.part"), 0
        try:
            with (
                httpx.stream("GET", url, headers=self._headers, timeout=_ANSWER_SECONDS) as answer,
                part.open("wb") as file,
            ):
                answer.raise_for_status()
                for chunk in answer.iter_bytes():
                    done += len(chunk)
                    if done > size:
                        break
                    file.write(chunk)
            if done != size:
                raise InputError(f"Slack gave {done} of the {size} bytes of {path.name}.")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    for file in folder.iterdir():
        if file.is_file() and time.time() - file.stat().st_mtime > _KEPT_SECONDS:
            file.unlink(missing_ok=True)

"""How log files of this host are kept from filling the disk: by logrotate."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

_LOGROTATE = Path("/etc/logrotate.d")
_CONFIGURATION_MOST = 64 * 1024


def rotated_by(path: str, folder: Path = _LOGROTATE) -> str | None:
    """The name of the logrotate file that names the log; empty where none does. None where
    there is no logrotate to be seen."""
    try:
        files = sorted(each for each in folder.iterdir() if each.is_file())
        return next((each.name for each in files if _names(each, path)), "")
    except OSError:
        return None


def _names(file: Path, path: str) -> bool:
    with file.open("rb") as content:
        text = content.read(_CONFIGURATION_MOST).decode(errors="replace")
    return any(fnmatch(path, pattern) for pattern in _patterns(text))


def _patterns(text: str) -> Iterator[str]:
    """What stands before the braces: paths with wildcards, perhaps quoted."""
    for line in text.splitlines():
        bare = line.partition("#")[0].replace("{", " ")
        yield from (word.strip("\"'") for word in bare.split() if word.strip("\"'")[:1] == "/")

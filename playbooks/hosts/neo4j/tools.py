"""neo4j-admin as versions 4 and 5 want it called. Shell for helpers that run as the server's user.

In a helper `$1` and on are the words that each script names. What is to be stored goes to file
descriptor 3: the image's entrypoint may write to stdout.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from playbooks.errors import DatastoreError

# Where dumps are put for loading, and where reports of checks go.
INCOMING = "/tmp/interlock"
_VERSION = re.compile(r"(\d+)\.(\d+)(\.\d+)?")
_TRANSACTION = re.compile(r"^Last committed transaction id:\s*(\d+)\s*$", re.M)
_FOUR, _FIVE = 4, 5
# A check takes most of the machine's memory unless it is told not to.
_OFF_HEAP = "1g"

VERSION = ("neo4j-admin", "--version")
_DATA_SETTING: Mapping[int, str] = MappingProxyType(
    {_FOUR: "NEO4J_dbms_directories_data", _FIVE: "NEO4J_server_directories_data"}
)

# A version 4 that writes to stdout is not documented throughout.
_DUMP_FOUR = (
    'f=$(mktemp -u) && neo4j-admin dump --database="$1" --to="$f" && cat -- "$f" >&3 && rm -- "$f"'
)


def version_in(said: str) -> str:
    """The version in what `neo4j-admin --version` says. Raises DatastoreError for one that is
    neither 4 nor 5 nor of the calendar versions, which are called like 5."""
    found = _VERSION.search(said)
    if found is None or int(found[1]) < _FOUR:
        raise DatastoreError(
            f"neo4j-admin calls itself {said.strip()[:80]!r}, and only versions 4 and 5 are known.",
            "See what image the service runs on.",
        )
    return found[0]


def transaction_in(said: str) -> int | None:
    """The last committed transaction in what `info` says, None where it does not name one."""
    found = _TRANSACTION.search(said)
    return int(found[1]) if found else None


def data_setting(version: str, folder: str) -> dict[str, str]:
    """The variable that makes an image's tools work on another data folder."""
    return {_DATA_SETTING[_major(version)]: folder}


def throwaway_settings(version: str) -> dict[str, str]:
    """What a server is given that only has to show that it starts: little, and no log-in."""
    memory = "NEO4J_dbms_memory" if _major(version) == _FOUR else "NEO4J_server_memory"
    return {
        "NEO4J_PLUGINS": "",
        "NEO4J_dbms_security_auth__enabled": "false",
        f"{memory}_heap_max__size": "512m",
        f"{memory}_pagecache_size": "128m",
    }


def dump_argv(version: str, database: str) -> tuple[str, ...]:
    """Writes the dump of a database to descriptor 3."""
    if _major(version) == _FOUR:
        return ("sh", "-c", _DUMP_FOUR, "sh", database)
    plain = 'neo4j-admin database dump "$1" --to-stdout >&3'
    return ("sh", "-c", plain, "sh", database)


def info_argv(version: str, database: str, folder: str) -> tuple[str, ...]:
    """Says what is known of a stopped database; `folder` is the data folder."""
    if _major(version) == _FOUR:
        return ("neo4j-admin", "store-info", f"{folder}/databases/{database}")
    return ("neo4j-admin", "database", "info", database)


def load_argv(version: str, database: str) -> tuple[str, ...]:
    """Loads `INCOMING`/DATABASE.dump in place of whatever is there."""
    if _major(version) == _FOUR:
        file = f"{INCOMING}/{database}.dump"
        return ("neo4j-admin", "load", f"--from={file}", f"--database={database}", "--force")
    return (
        *("neo4j-admin", "database", "load", database),
        *(f"--from-path={INCOMING}", "--overwrite-destination=true"),
    )


def check_argv(version: str, database: str) -> tuple[str, ...]:
    """Ends with 0 only when the stopped database is consistent."""
    if _major(version) == _FOUR:
        return (
            *("neo4j-admin", "check-consistency", f"--database={database}"),
            "--report-dir=/tmp",
        )
    return (
        *("neo4j-admin", "database", "check", database),
        *("--report-path=/tmp", f"--max-off-heap-memory={_OFF_HEAP}"),
    )


def one_after_the_other(commands: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """One command that runs them all, up to the first that fails."""
    script: list[str] = []
    words: list[str] = []
    for command in commands:
        first = len(words) + 1
        words += command
        script.append(" ".join(f'"${{{first + at}}}"' for at in range(len(command))))
    return ("sh", "-c", " && ".join(script), "sh", *words)


def _major(version: str) -> int:
    return _FOUR if version.startswith("4.") else _FIVE

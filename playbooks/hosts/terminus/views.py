"""What goes on in a TerminusDB: status, databases, size, connections."""

from collections import Counter

from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.terminus.server import Terminus
from playbooks.model.insight import Insight, Table
from playbooks.model.plan import Line
from playbooks.sizes import counted, in_bytes

_KIB = 1024
_STATES = {
    "01": "established",
    "02": "connecting",
    "03": "being accepted",
    "06": "just ended",
    "08": "ended by the other side",
    "0A": "listening",
}
_LISTENING = "0A"


def overview(server: Terminus) -> Insight:
    """Whether it is well, its version and how many databases it has."""
    well, version, names = server.ok(), server.version(), server.databases()
    state = "is well" if well else "does not say that it is well"
    return Insight(
        headline=f"TerminusDB {version} {state}, {counted(len(names), 'database')}",
        worries=() if well else ("/api/ok is not answered with success: look at its log.",),
        lines=(
            Line(label="Container", value=f"{server.container.name}, {server.container.status}"),
            Line(label="Storage", value=server.store.path),
        ),
        notes=("Its log: `/ops logs`, with the service.",),
    )


def databases(server: Terminus) -> Insight:
    """The databases that its user sees."""
    names = server.databases()
    return Insight(
        headline=counted(len(names), "database"),
        tables=(
            Table(
                columns=("Database",),
                rows=tuple((name,) for name in names),
                none="There are none.",
            ),
        ),
    )


def size(server: Terminus) -> Insight:
    """What its storage takes on the disk; it keeps all databases in one place."""
    said = output_in(server.container.id, ("du", "-sk", server.store.path), {}).decode()
    total = int(said.split()[0]) * _KIB
    return Insight(
        headline=f"{in_bytes(total)} in {server.store.path}",
        notes=("Databases share the storage, so they have no size of their own.",),
    )


def connections(server: Terminus) -> Insight:
    """Connections to its port by state and by the other side, from the kernel's own table: the
    image has no netstat."""
    tables = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
    said = output_in(server.container.id, tables, {}).decode(errors="replace")
    found = Counter(_connections(said, server.store.port))
    total = sum(number for (state, _), number in found.items() if state == _STATES["01"])
    return Insight(
        headline=f"{counted(total, 'connection')} established on port {server.store.port}",
        tables=(
            Table(
                columns=("State", "From", "Count"),
                rows=tuple(
                    (state, client, str(number))
                    for (state, client), number in found.most_common(40)
                ),
                right=(2,),
                none="Nobody is connected.",
            ),
        ),
    )


def _connections(said: str, port: int) -> list[tuple[str, str]]:
    """State and address of the other side of each connection to `port`."""
    lines = [line.split() for line in said.splitlines()]
    return [
        (_STATES.get(words[3], words[3]), _address(words[2].split(":")[0]))
        for words in lines
        if len(words) > 3
        and ":" in words[1]
        and words[1].split(":")[1] == f"{port:04X}"
        and words[3] != _LISTENING
    ]


def _address(hexadecimal: str) -> str:
    """The kernel writes an address in words of four bytes, each the other way round; one of version
    4 may be wrapped in one of version 6, at its end."""
    last = bytes.fromhex(hexadecimal[-8:])[::-1]
    wrapped = len(hexadecimal) == 8 or hexadecimal[16:24].upper() == "FFFF0000"
    if wrapped or set(hexadecimal[:24]) <= {"0"}:
        return ".".join(map(str, last))
    groups = [bytes.fromhex(hexadecimal[at : at + 8])[::-1].hex() for at in range(0, 32, 8)]
    whole = "".join(groups)
    return ":".join(whole[at : at + 4] for at in range(0, 32, 4))

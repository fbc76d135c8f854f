"""What a Redis server is asked: rates, slow commands, and for some seconds every command."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import redis

from playbooks.hosts.redis.insight.overview import hits
from playbooks.hosts.redis.insight.session import Server
from playbooks.hosts.redis.insight.text import shown_command, shown_key
from playbooks.model.insight import Insight, Table
from playbooks.model.plan import Line
from playbooks.sizes import in_bytes
from playbooks.spans import brief

MOST_SECONDS = 5.0
MOST_LINES = 200
_BETWEEN_SECONDS = 1.0
_SHOWN = 40
_SLOW = 25
_LINE = re.compile(r"^([\d.]+) \[(\d+) (\S*)\] (.*)$", re.S)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_COUNTED = (
    ("Commands", "total_commands_processed"),
    ("Connections", "total_connections_received"),
    ("Keys found", "keyspace_hits"),
    ("Keys missed", "keyspace_misses"),
    ("Keys expired", "expired_keys"),
    ("Keys evicted", "evicted_keys"),
)


def rates(server: Server) -> Insight:
    """How much happens in a second, from two looks a second apart, and what commands cost."""
    before, began = server.info("stats"), time.monotonic()
    time.sleep(_BETWEEN_SECONDS)
    after, seconds = server.info("stats"), time.monotonic() - began

    def rate(field: str) -> float:
        return (int(after[field]) - int(before[field])) / seconds

    # The look itself is a command, too.
    commands = max(rate("total_commands_processed") - 1 / seconds, 0)
    return Insight(
        headline=f"{commands:,.0f} commands a second, hits {hits(after)}",
        lines=(
            *(Line(label=label, value=f"{rate(field):,.1f} a second") for label, field in _COUNTED),
            Line(label="In", value=f"{in_bytes(round(rate('total_net_input_bytes')))} a second"),
            Line(label="Out", value=f"{in_bytes(round(rate('total_net_output_bytes')))} a second"),
        ),
        tables=(_commands(server.info("commandstats")),),
    )


def slowlog(server: Server) -> Insight:
    """The newest slow commands; of their words only the command and its key are shown."""
    found = server.slowlog_get(_SLOW)
    limit = server.config_get("slowlog-log-slower-than").get("slowlog-log-slower-than", "")
    limited = f", slower than {brief(int(limit) / 1e6)}" if limit.isdigit() else ""
    return Insight(
        headline=f"{len(found)} slow commands{limited}" if found else f"No slow commands{limited}",
        tables=(
            Table(
                columns=("When", "Took", "Client", "Command"),
                rows=tuple(
                    (
                        f"{datetime.fromtimestamp(each['start_time'], UTC):%Y-%m-%d %H:%M:%S} UTC",
                        brief(each["duration"] / 1e6),
                        str(each.get("client_address", "")),
                        shown_command(str(each["command"]).split(" ")),
                    )
                    for each in found
                ),
                right=(1,),
            ),
        )
        if found
        else (),
    )


def monitor(server: Server, seconds: float) -> Insight:
    """Every command for `seconds` (5 at most) or 200 of them; values are masked. The server does
    more work meanwhile."""
    limit = min(seconds, MOST_SECONDS)
    heard = list(_heard(server, limit))
    return Insight(
        headline=f"{len(heard)} commands in at most {limit:g} s"
        + (" (no more are looked at)" if len(heard) == MOST_LINES else ""),
        tables=(
            Table(
                columns=("Command", "Count"),
                rows=tuple(
                    (name, str(number))
                    for name, number in Counter(each[0] for each in heard).most_common(_SHOWN)
                ),
                right=(1,),
                none="Nobody asked for anything.",
            ),
        ),
        text="\n".join(line for _, line in heard[:_SHOWN]),
        notes=("Values are masked. Watching slows the server down, so it ends by itself.",),
    )


def _heard(server: Server, seconds: float) -> Iterator[tuple[str, str]]:
    """The command's name, and a line of it."""
    deadline, lines = time.monotonic() + seconds, 0
    with server.monitor() as watching:
        while lines < MOST_LINES and (left := deadline - time.monotonic()) > 0:
            try:
                said = watching.connection.read_response(timeout=left)
            except redis.TimeoutError:
                return
            line = _LINE.match(said if isinstance(said, str) else said.decode(errors="replace"))
            if line is None:
                continue
            at, database, client, command = line.groups()
            words = _WORD.findall(command)
            lines += 1
            moment = f"{datetime.fromtimestamp(float(at), UTC):%H:%M:%S.%f}"[:-3]
            yield (
                shown_key(words[0]).upper() if words else "",
                f"{moment} db{database} {client} {shown_command(words)}",
            )


def _commands(stats: Mapping[str, Any]) -> Table:
    costly = sorted(stats.items(), key=lambda each: -int(each[1]["usec"]))
    return Table(
        title="What commands took most time since the start",
        columns=("Command", "Calls", "Total", "Mean"),
        rows=tuple(
            (
                name.removeprefix("cmdstat_").replace("|", " ").upper(),
                f"{int(each['calls']):,}",
                brief(int(each["usec"]) / 1e6),
                brief(float(each["usec_per_call"]) / 1e6),
            )
            for name, each in costly[:20]
        ),
        right=(1, 2, 3),
    )

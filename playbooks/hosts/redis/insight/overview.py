"""A Redis server at a glance: memory, clients, hits, persistence, with what is worrying first."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from playbooks.hosts.redis.insight.session import Server
from playbooks.model.insight import Insight, Table
from playbooks.model.plan import Line
from playbooks.sizes import counted, in_bytes
from playbooks.spans import span

Info = Mapping[str, Any]

_NEARLY_FULL = 0.9
_FRAGMENTED, _FRAGMENTED_BYTES = 1.5, 100_000_000
_BUSY = 0.8
_MEMORY_LINES = (
    ("Used", "used_memory"),
    ("Data", "used_memory_dataset"),
    ("Overhead", "used_memory_overhead"),
    ("Most so far", "used_memory_peak"),
    ("Of the system", "used_memory_rss"),
    ("Scripts", "used_memory_scripts"),
)


def overview(server: Server) -> Insight:
    """Version, memory, clients, rates, keys, persistence and replication."""
    info: Info = server.info()
    worries = (*_of_memory(info), *_of_clients(info), *saving_worries(info))
    up = span(timedelta(seconds=info["uptime_in_seconds"]))
    said = counted(len(worries), "worry", "worries") if worries else "nothing to worry about"
    return Insight(
        headline=f"Redis {info['redis_version']}, up {up}, {said}",
        worries=worries,
        lines=(
            Line(label="Memory", value=_memory(info)),
            Line(label="Clients", value=_clients(info)),
            Line(label="Commands", value=f"{info['instantaneous_ops_per_sec']:,} a second"),
            Line(label="Hits", value=hits(info)),
            Line(label="Keys", value=keys(info)),
            Line(label="Gone", value=_gone(info)),
            Line(label="Saved", value=saved(info)),
            Line(label="Replication", value=_replication(info)),
        ),
    )


def memory(server: Server) -> Insight:
    """What the memory is used for, and what the server's own doctor says."""
    info: Info = server.info("memory")
    doctor = str(server.execute_command("MEMORY DOCTOR")).strip()
    return Insight(
        headline=_memory(info),
        worries=tuple(_of_memory(info)),
        lines=(
            *(
                Line(label=label, value=in_bytes(int(info[field])))
                for label, field in _MEMORY_LINES
                if field in info
            ),
            Line(label="Policy", value=str(info.get("maxmemory_policy", "not known"))),
            Line(label="Fragmentation", value=f"{info['mem_fragmentation_ratio']:.2f}"),
            Line(label="Doctor", value=doctor),
        ),
    )


def clients(server: Server) -> Insight:
    """Who is connected, those first that hold most memory."""
    info: Info = server.info("clients")
    found = sorted(server.client_list(), key=lambda each: -int(each.get("tot-mem", 0) or 0))
    return Insight(
        headline=_clients(info),
        worries=tuple(_of_clients(info)),
        tables=(
            Table(
                columns=(
                    "Client",
                    "Name",
                    "User",
                    "Connected",
                    "Idle",
                    "Database",
                    "Last",
                    "Memory",
                ),
                rows=tuple(
                    (
                        str(each["addr"]),
                        str(each.get("name", "")),
                        str(each.get("user", "")),
                        span(timedelta(seconds=int(each["age"]))),
                        span(timedelta(seconds=int(each["idle"]))),
                        str(each["db"]),
                        str(each["cmd"]),
                        in_bytes(int(each.get("tot-mem", 0) or 0)),
                    )
                    for each in found[:60]
                ),
                right=(3, 4, 5, 7),
            ),
        ),
    )


def persistence(server: Server) -> Insight:
    """When and how it was last saved, and whether that works."""
    info: Info = server.info("persistence")
    aof = "on" if info.get("aof_enabled") else "off"
    rules = _setting(server, "save")
    return Insight(
        headline=f"Saved {saved(info)}; append-only file {aof}",
        worries=tuple(saving_worries(info)),
        lines=(
            Line(label="Snapshot rules", value=rules or "none: it is only saved when told to"),
            Line(label="Changes since", value=f"{info['rdb_changes_since_last_save']:,}"),
            Line(label="Last snapshot", value=str(info["rdb_last_bgsave_status"])),
            Line(label="It took", value=f"{max(info['rdb_last_bgsave_time_sec'], 0)} s"),
            Line(label="Append-only file", value=_aof(info)),
            Line(label="Written to disk", value=_setting(server, "appendfsync") or "not known"),
        ),
    )


def keys(info: Info) -> str:
    databases = sorted(name for name in info if name.startswith("db") and name[2:].isdigit())
    said = ", ".join(
        f"{info[name]['keys']:,} in {name}, {info[name]['expires']:,} of them expire"
        for name in databases
    )
    return said or "none"


def hits(info: Info) -> str:
    found, missed = int(info["keyspace_hits"]), int(info["keyspace_misses"])
    if not found + missed:
        return "nothing was looked up"
    return f"{100 * found / (found + missed):.1f} % of {found + missed:,} lookups"


def saved(info: Info) -> str:
    if info.get("loading"):
        return "it is loading its data"
    changes = f"{int(info['rdb_changes_since_last_save']):,} changes since"
    return f"snapshot {info['rdb_last_bgsave_status']}, {changes}"


def saving_worries(info: Info) -> Iterator[str]:
    if info["rdb_last_bgsave_status"] != "ok":
        yield "The last snapshot failed: look at its log and at the disk."
    if info.get("aof_enabled") and info.get("aof_last_write_status", "ok") != "ok":
        yield "The append-only file cannot be written: writes are refused."
    if info.get("aof_enabled") and info.get("aof_last_bgrewrite_status", "ok") != "ok":
        yield "The append-only file could not be rewritten and grows."


def _of_memory(info: Info) -> Iterator[str]:
    used, most = int(info["used_memory"]), int(info.get("maxmemory", 0))
    if most and used > most * _NEARLY_FULL:
        yield f"{used / most:.0%} of maxmemory are used; policy {info.get('maxmemory_policy')}."
    ratio = float(info["mem_fragmentation_ratio"])
    if ratio > _FRAGMENTED and used > _FRAGMENTED_BYTES:
        yield f"Memory is fragmented: the system gives {ratio:.1f} times what is used."


def _of_clients(info: Info) -> Iterator[str]:
    connected, most = int(info["connected_clients"]), int(info.get("maxclients", 0))
    if most and connected > most * _BUSY:
        yield f"{connected} of {most} clients are connected."
    if int(info.get("rejected_connections", 0)):
        yield f"{info['rejected_connections']:,} connections were refused since the start."


def _memory(info: Info) -> str:
    used, most = in_bytes(int(info["used_memory"])), int(info.get("maxmemory", 0))
    limit = f"of {in_bytes(most)}" if most else "without a limit"
    return f"{used} {limit}, at most {in_bytes(int(info['used_memory_peak']))} so far"


def _clients(info: Info) -> str:
    most = int(info.get("maxclients", 0))
    of = f" of {most:,}" if most else ""
    return f"{info['connected_clients']}{of} clients, {info['blocked_clients']} of them blocked"


def _gone(info: Info) -> str:
    return f"{int(info['expired_keys']):,} expired, {int(info['evicted_keys']):,} evicted"


def _replication(info: Info) -> str:
    if info["role"] != "master":
        return f"a replica of {info.get('master_host')}: {info.get('master_link_status')}"
    return counted(int(info["connected_slaves"]), "replica")


def _aof(info: Info) -> str:
    if not info.get("aof_enabled"):
        return "off"
    return f"{in_bytes(int(info.get('aof_current_size', 0)))}, {info['aof_last_write_status']}"


def _setting(server: Server, name: str) -> str:
    return str(server.config_get(name).get(name, ""))

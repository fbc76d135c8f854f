"""Connections that are opened from inside a container, with what is in it or beside it."""

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from docker import DockerClient
from docker.errors import APIError, NotFound

from playbooks.hosts.containers.helper import PURPOSE_LABEL, RUN_LABEL

_RUN = "net"
_PYTHON = """
import socket, sys, time
host, port, count, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
began = time.monotonic()
try:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
except OSError as error:
    print("unknown", error)
    sys.exit()
print("dns", (time.monotonic() - began) * 1000)
for address in dict.fromkeys(each[4][0] for each in found):
    print("address", address)
for _ in range(count):
    began = time.monotonic()
    try:
        socket.create_connection((found[0][4][0], port), limit / count).close()
        print("time", (time.monotonic() - began) * 1000, flush=True)
    except OSError as error:
        print("failed", error.strerror or error, flush=True)
"""
_BASH = """
exec 2>&1
micro() { now=${EPOCHREALTIME/[.,]/}; }
micro; began=$now
found=$(getent ahosts "$1") || { echo "unknown the name has no address"; exit; }
micro; printf 'dns %d.%03d\\n' $(((now - began) / 1000)) $(((now - began) % 1000))
address=
while read -r each _; do
  case " $address " in *" $each "*) ;; *) echo "address $each"; address="$address $each";; esac
done <<< "$found"
read -r address _ <<< "$address"
for ((n = 0; n < $3; n++)); do
  micro; began=$now
  if { :; } 3<> "/dev/tcp/$address/$2"; then
    micro; printf 'time %d.%03d\\n' $(((now - began) / 1000)) $(((now - began) % 1000))
  fi
done
"""
# Whole milliseconds need more than a busybox has, so its answer is only yes or no.
_NC = """
found=$(getent hosts "$1" 2> /dev/null || nslookup "$1" 2> /dev/null | sed -n '/^Name/,$p')
for each in $(echo "$found" | tr ' \\t' '\\n\\n' | grep -E '^[0-9]+[.]|:.*:'); do
  echo "address $each"
done
if nc -w "$4" "$1" "$2" < /dev/null > /dev/null 2>&1; then echo open; else echo failed refused; fi
"""
_CHOOSE = """
if command -v python3 > /dev/null 2>&1; then
  echo tool python3; exec python3 -c "$5" "$1" "$2" "$3" "$4"
elif [ -n "$(bash -c 'echo $EPOCHREALTIME' 2> /dev/null)" ] && command -v timeout > /dev/null 2>&1
then
  echo tool bash; exec timeout "$4" bash -c "$6" bash "$1" "$2" "$3"
elif [ -n "$7" ] && command -v nc > /dev/null 2>&1; then
  echo tool nc; eval "$7"
fi
"""


@dataclass(frozen=True)
class Asked:
    """What to open: the name and port, how often, and the seconds for all of it."""

    host: str
    port: int
    count: int = 5
    seconds: int = 4

    def argv(self, *, last_resort: bool) -> list[str]:
        """The host is an argument to the end, never part of a script."""
        words = [self.host, str(self.port), str(self.count), str(self.seconds)]
        return ["-c", _CHOOSE, "sh", *words, _PYTHON, _BASH, _NC if last_resort else ""]


@dataclass(frozen=True)
class Answered:
    """What the tool wrote. Without a tool nothing was asked."""

    tool: str = ""
    unknown: str = ""
    dns_ms: float | None = None
    addresses: tuple[str, ...] = ()
    times_ms: tuple[float, ...] = ()
    opened: int = 0
    failures: tuple[str, ...] = ()


def ask_from(
    client: DockerClient, container: str, images: Sequence[str], asked: Asked, until: float
) -> Answered:
    """Asks inside the container; without tools there, from a helper in its network made from the
    first of the `images` that has them; at last with what can only tell whether a port is open.

    `until` is a moment of the monotonic clock after which no further helper is tried.
    """
    answered = _inside(client, container, asked, last_resort=False)
    for image in images:
        if answered.tool or time.monotonic() > until:
            break
        answered = _beside(client, container, image, asked)
    return answered if answered.tool else _inside(client, container, asked, last_resort=True)


def _inside(client: DockerClient, container: str, asked: Asked, *, last_resort: bool) -> Answered:
    api = client.api
    argv = ["sh", *asked.argv(last_resort=last_resort)]
    try:
        made = api.exec_create(container, argv, stdout=True, stderr=True)
        return _read(api.exec_start(made["Id"]))
    except APIError:  # there is no shell in it
        return Answered()


def _beside(client: DockerClient, container: str, image: str, asked: Asked) -> Answered:
    """A helper shares the network, the names and the resolver of the container, nothing else."""
    api, made = client.api, None
    try:
        made = api.create_container(
            image=image,
            entrypoint=["sh"],
            command=asked.argv(last_resort=False),
            labels={RUN_LABEL: _RUN, PURPOSE_LABEL: f"net-{uuid.uuid4().hex[:8]}"},
            healthcheck={"test": ["NONE"]},
            host_config=api.create_host_config(
                network_mode=f"container:{container}",
                cap_drop=["ALL"],
                mem_limit="128m",
                read_only=True,
            ),
        )["Id"]
        api.start(made)
        api.wait(made, timeout=asked.seconds + 3)
        return _read(api.logs(made))
    except APIError:  # there is no shell in the image, or the image is gone
        return Answered()
    finally:
        if made is not None:
            _remove(client, made)


def _remove(client: DockerClient, container: str) -> None:
    try:
        client.api.remove_container(container, force=True, v=True)
    except NotFound:
        return


def _read(output: bytes) -> Answered:
    lines = output.decode(errors="replace").splitlines()
    said = [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]
    times = tuple(float(rest) for rest in _of(said, "time"))
    return Answered(
        tool=next(_of(said, "tool"), ""),
        unknown=next(_of(said, "unknown"), ""),
        dns_ms=next(map(float, _of(said, "dns")), None),
        addresses=tuple(_of(said, "address")),
        times_ms=times,
        opened=len(times) + sum(word == "open" for word, _ in said),
        failures=(*_of(said, "failed"), *_of_bash(lines)),
    )


def _of(said: Sequence[tuple[str, str]], wanted: str) -> Iterator[str]:
    return iter([rest.strip() for word, rest in said if word == wanted])


def _of_bash(lines: Sequence[str]) -> Iterable[str]:
    """`bash: connect: Connection refused`; a second line repeats it with the path."""
    return [line.rpartition(": ")[2] for line in lines if line.startswith("bash: connect:")]

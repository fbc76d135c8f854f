"""The file that says which project gets the traffic."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playbooks.errors import HostError
from playbooks.hosts.maintenance.files import as_yaml
from playbooks.hosts.placing import Placing
from playbooks.model.base import Model
from playbooks.model.bluegreen import NginxUpstream, TraefikServers, Traffic

_MARK = "# interlock: "
_ROUTE = "interlock-traffic"


class Side(Model):
    """A project with the version that it runs, as far as that is known."""

    project: str
    version: str = ""


class Mark(Model):
    """What the first line of the file says: who gets the traffic, and who got it before."""

    live: Side
    previous: Side | None = None


def mark_of(content: str | None) -> Mark | None:
    """None where the file is not there, or another hand wrote it."""
    first = (content or "").partition("\n")[0]
    if not first.startswith(_MARK):
        return None
    try:
        return Mark.model_validate_json(first.removeprefix(_MARK))
    except ValueError:
        return None


def written(switch: Traffic, mark: Mark, servers: Sequence[str]) -> bytes:
    """The whole file; `servers` are `HOST:PORT`."""
    line = f"{_MARK}{json.dumps(mark.model_dump())}\n".replace("{{", "{ {").encode()
    match switch:
        case NginxUpstream(upstream=name):
            lines = "".join(f"    server {server};\n" for server in servers)
            return line + f"upstream {name} {{\n{lines}}}\n".encode()
        case TraefikServers():
            return line + as_yaml(_document(switch, servers))


def _document(switch: TraefikServers, servers: Sequence[str]) -> Any:
    router: dict[str, Any] = {"rule": switch.rule, "service": _ROUTE}
    if switch.entry_points:
        router["entryPoints"] = list(switch.entry_points)
    if switch.priority is not None:
        router["priority"] = switch.priority
    urls = [{"url": f"http://{server}"} for server in servers]
    return {
        "http": {
            "routers": {_ROUTE: router},
            "services": {_ROUTE: {"loadBalancer": {"servers": urls}}},
        }
    }


@dataclass(frozen=True)
class Route:
    """The switch on its host."""

    switch: Traffic
    host: Placing

    def content(self) -> str | None:
        """What the file holds now; None where it is not there. Raises HostError."""
        found = self.host.read(self.switch.file)
        return None if found is None else found.decode(errors="replace")

    def put(self, content: bytes | None) -> None:
        """The proxy goes by this content from one moment to the next; None: the file is gone. What
        the proxy does not accept is taken back before it is used. Raises HostError."""
        before = self.host.read(self.switch.file)
        self._place(content)
        if not isinstance(self.switch, NginxUpstream):
            return
        try:
            self.host.run(self.switch.test)
        except HostError as error:
            self._place(before)
            raise HostError(
                f"nginx does not accept {self.switch.file}, so traffic stays where it is: "
                f"{error.message}"
            ) from error
        self.host.run(self.switch.reload)

    def follow(self, project: str, servers: Sequence[str]) -> None:
        """The proxy sends what goes to the project to these `HOST:PORT`, and looks their names up
        anew. Nothing is done where the file sends it elsewhere. Raises HostError."""
        mark = mark_of(self.content())
        if mark is not None and mark.live.project == project:
            self.put(written(self.switch, mark, servers))

    def _place(self, content: bytes | None) -> None:
        if content is None:
            self.host.remove(self.switch.file)
        else:
            self.host.write(self.switch.file, content)

"""A stand-in for Traefik that obeys the files of its file provider, where the real one cannot be
had: routers with PathPrefix rules and priorities, services with servers, 503 without any."""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

_PREFIX = "PathPrefix(`"


def service_for(folder: Path, path: str) -> Mapping[str, Any] | None:
    """What the files of the folder say is asked for this path; longer rules go first where no
    priority says otherwise, as with Traefik."""
    routers: list[tuple[int, Mapping[str, Any], Mapping[str, Any]]] = []
    for file in sorted(folder.glob("*.y*ml")):
        http_part = yaml.safe_load(file.read_text())["http"]
        services = http_part["services"]
        for router in http_part["routers"].values():
            rule = router["rule"]
            assert rule.startswith(_PREFIX), rule
            if path.startswith(rule.removeprefix(_PREFIX).removesuffix("`)")):
                rank = router.get("priority", len(rule))
                routers.append((rank, router, services[router["service"]]))
    return max(routers, key=lambda found: found[0])[2] if routers else None


@dataclass
class Proxy:
    """Listens on `port` of this host."""

    folder: Path
    port: int
    turns: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_server(self, path: str) -> str | None:
        """The URL to ask, `` where there is none behind the route, None where there is no route."""
        service = service_for(self.folder, path)
        if service is None:
            return None
        servers = service["loadBalancer"]["servers"]
        with self.lock:
            self.turns += 1
            return servers[self.turns % len(servers)]["url"] if servers else ""


@contextmanager
def traefik(folder: Path) -> Iterator[Proxy]:
    """The proxy, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = proxy.next_server(self.path)
            if url is None:
                self._answer(404, b"404 page not found")
            elif not url:
                self._answer(503, b"no available server")
            else:
                self._answer(*_asked(url, self.path))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy = Proxy(folder, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _asked(url: str, path: str) -> tuple[int, bytes]:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 502, b"Bad Gateway"
    finally:
        connection.close()

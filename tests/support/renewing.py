"""An https address whose certificate is read from its file each time, so that it can be renewed."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.tls import issue

NAME = "site.example.com"


@dataclass(frozen=True)
class Site:
    """`current` is what it serves, `next_one` what a renewal would bring."""

    folder: Path
    port: int

    @property
    def current(self) -> Path:
        return self.folder / "now" / "site.pem"

    @property
    def next_one(self) -> Path:
        return self.folder / "next" / "site.pem"

    def described(self, *reload: dict[str, Any]) -> dict[str, Any]:
        """The `tls` of a stack file whose script `renew-site` brings the next certificate."""
        return {
            "endpoints": {
                "site": {
                    "url": f"https://{NAME}",
                    "connect": f"127.0.0.1:{self.port}",
                    "authority": str(self.current.with_name("authority.pem")),
                }
            },
            "renew": {"site": [{"kind": "script", "script": "renew-site"}, *reload]},
        }

    @property
    def script(self) -> dict[str, Any]:
        argv = ["cp", "--recursive", "--", f"{self.next_one.parent}/.", str(self.current.parent)]
        return {"argv": argv, "risk": "CHANGE", "summary": "brings the next certificate"}

    def lay(self, days: float, next_days: float) -> None:
        """Serves a certificate that ends in so many days; the next one ends in so many."""
        for place, left in ((self.current, days), (self.next_one, next_days)):
            made = issue(self.folder / "issued", NAME, left)
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(made.file.read_bytes())
            place.with_name("authority.pem").write_bytes(made.authority.read_bytes())


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """It serves a certificate that ends in five days; the next one ends in ninety."""
    folder.mkdir(parents=True, exist_ok=True)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    made = Site(folder, int(server.server_address[1]))
    made.lay(5.5, 90.5)

    def fresh(connection: ssl.SSLSocket | ssl.SSLObject, _name: str, _: ssl.SSLContext) -> None:
        newest = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        newest.load_cert_chain(made.current)
        connection.context = newest

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.current)
    context.sni_callback = fresh
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""What the two services of the harbor have in common: a small HTTP server that logs with times."""

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """Status, media type and text of an HTTP response."""

    status: int
    media: str
    text: str


Route = Callable[[], Answer]


def as_json(status: int, value: object) -> Answer:
    return Answer(status, "application/json", json.dumps(value, ensure_ascii=False))


def serve(name: str, port: int, routes: dict[str, Route]) -> None:
    """Answers GET on 127.0.0.1 until SIGTERM."""
    signal.signal(signal.SIGTERM, _end)
    with ThreadingHTTPServer((HOST, port), _handler(routes)) as server:
        server.daemon_threads = True
        log(f"{name} listens on {HOST}:{port}")
        try:
            server.serve_forever(poll_interval=0.5)
        finally:
            log(f"{name} ends")


def log(text: str) -> None:
    """One line with its time, UTC."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    sys.stdout.write(f"{moment} {text}\n")
    sys.stdout.flush()


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


def _handler(routes: dict[str, Route]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            answer = route() if route else as_json(404, {"error": f"nothing at {self.path}"})
            body = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", f"{answer.media}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log(format % args)

    return Handler

"""A way to the Docker Engine that can be cut, as it is when dockerd restarts."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_ENGINE = "/var/run/docker.sock"
_CHUNK = 64 * 1024


@dataclass
class EngineProxy:
    """Listens on `path`. While it is cut nobody gets through, and who was through is cut off."""

    path: Path
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.path}"

    def mend(self) -> None:
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(50)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self, seconds: float | None = None) -> None:
        """For so many seconds, or for good."""
        self.path.unlink(missing_ok=True)
        ends, self._open = [*self._open, self._listener], []
        for end in filter(None, ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        if seconds is not None:
            threading.Timer(seconds, self.mend).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = listener.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(_ENGINE)
                self._open += [caller, engine]
                for source, sink in ((caller, engine), (engine, caller)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


@contextmanager
def engine_proxy(folder: Path) -> Iterator[EngineProxy]:
    """It lets everybody through until it is cut."""
    proxy = EngineProxy(folder / "docker.sock")
    proxy.mend()
    try:
        yield proxy
    finally:
        proxy.cut()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)

"""What a process in a container writes, as the engine sends it: frames of stdout and stderr."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import requests
import urllib3

_SILENCE_SECONDS = 0.5
_END_SECONDS = 5.0
_WAITING_CHUNKS = 32
_STDERR = 2

Frame = tuple[int, bytes]


class Output:
    """A stream of frames, read in a thread so that its reader can do something while it is silent.

    `told` gets every line of stderr. The stream's end says nothing about success.
    """

    def __init__(self, answer: requests.Response, told: Callable[[str], None]) -> None:
        self._answer = answer
        self._told = told
        self._frames: queue.Queue[bytes | None] = queue.Queue(_WAITING_CHUNKS)
        self._left = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def chunks(self) -> Iterator[bytes]:
        """What comes on stdout; now and then nothing, while it is silent."""
        while True:
            try:
                chunk = self._frames.get(timeout=_SILENCE_SECONDS)
            except queue.Empty:
                yield b""
                continue
            if chunk is None:
                return
            yield chunk

    def wait(self, each: Callable[[], None], every_seconds: float) -> None:
        """Waits for the end, calling `each` meanwhile; what `each` raises goes through."""
        while True:
            try:
                if self._frames.get(timeout=every_seconds) is None:
                    return
            except queue.Empty:
                each()

    def join(self) -> None:
        """Waits until all has been read."""
        self._reader.join()

    def leave(self) -> None:
        """Nobody wants the rest: the thread stops handing it over."""
        self._left.set()

    def close(self) -> None:
        """Ends the stream and its thread."""
        self.leave()
        self._answer.close()
        self._reader.join(timeout=_END_SECONDS)

    def _read(self) -> None:
        rest = ""
        for kind, content in _frames(self._answer):
            if kind != _STDERR:
                self._hand_over(content)
                continue
            *lines, rest = (rest + content.decode(errors="replace")).split("\n")
            for line in lines:
                self._told(line.strip())
        if rest:
            self._told(rest.strip())
        self._hand_over(None)

    def _hand_over(self, chunk: bytes | None) -> None:
        """Waits until there is room, or until nobody wants it any more."""
        while not self._left.is_set():
            try:
                self._frames.put(chunk, timeout=_SILENCE_SECONDS)
                return
            except queue.Full:
                continue


def _frames(answer: requests.Response) -> Iterator[Frame]:
    """The stream's frames: which output, and what it wrote. A cut frame ends it: whether the
    process succeeded is asked afterwards, and does not depend on this."""
    raw: Any = answer.raw
    try:
        while len(head := raw.read(8)) == 8:
            size = int.from_bytes(head[4:], "big")
            yield head[0], raw.read(size)
    except (urllib3.exceptions.HTTPError, OSError, AttributeError, ValueError):
        # Closed by us while it was read, or by the engine going away.
        return

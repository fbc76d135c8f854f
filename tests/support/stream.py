"""A stream of requests, one after the other, that notes what each came to."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_OK = 200
_PAUSE = 0.005
_MOST = 60_000


@dataclass
class Stream:
    """`answers` counts the bodies of good answers; `failures` are all others, in words."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.answers.total() + len(self.failures)


@contextmanager
def stream(url: str, clients: int = 2) -> Iterator[Stream]:
    """Asks `url` until the end of the block, each time over a new connection."""
    seen, over, lock = Stream(), threading.Event(), threading.Lock()
    askers = [
        threading.Thread(target=_ask, args=(url, seen, over, lock), daemon=True)
        for _ in range(clients)
    ]
    for asker in askers:
        asker.start()
    try:
        yield seen
    finally:
        over.set()
        for asker in askers:
            asker.join(30)


def _ask(url: str, seen: Stream, over: threading.Event, lock: threading.Lock) -> None:
    for _ in range(_MOST):
        if over.wait(_PAUSE):
            return
        good, said = answer(url)
        with lock:
            if good:
                seen.answers[said] += 1
            else:
                seen.failures.append(said)


def answer(url: str) -> tuple[bool, str]:
    """Whether one request over a new connection went well, and the body or what went wrong."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    try:
        connection.request("GET", where.path, headers={"Connection": "close"})
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return False, f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return answer.status == _OK, said if answer.status == _OK else f"{answer.status} {said}"

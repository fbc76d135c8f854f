"""Places where a test may kill the bot, to see that nothing is lost."""

import os
import signal
import threading
from collections.abc import Mapping

VARIABLE = "INTERLOCK_FAILPOINT"


class Failpoints:
    """Kills this process with SIGKILL when a chosen point is passed; otherwise does nothing.

    `INTERLOCK_FAILPOINT=POINT` kills at the first passing, `POINT#3` at the third.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._point, _, count = environment.get(VARIABLE, "").partition("#")
        self._left = int(count or 1)
        self._lock = threading.Lock()

    def passing(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

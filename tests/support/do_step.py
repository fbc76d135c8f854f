"""Performs one action in a process of its own, to be killed in it or right after its effect."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from playbooks.catalogue import ACTIONS
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.registry import found
from tests.support.work import TestWork

_ROOT = Path(__file__).parents[2]


def in_process(
    work: TestWork, action: str, args: JsonObject, *, killed_after: bool = False
) -> subprocess.Popen[bytes]:
    """Starts it. With `killed_after` the process kills itself before anybody hears of the end."""
    order = {
        "stack": work.stack.model_dump(mode="json"),
        "run": work.run,
        "step": work.step,
        "attempt": work.attempt,
        "action": action,
        "args": args,
        "killed_after": killed_after,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.do_step", json.dumps(order)],
        cwd=_ROOT,
        start_new_session=True,
    )


def main() -> None:
    order = json.loads(sys.argv[1])
    work = TestWork(Stack.model_validate(order["stack"]), run=order["run"])
    work.step, work.attempt = order["step"], order["attempt"]
    found(ACTIONS, order["action"]).call(work, order["args"])
    if order["killed_after"]:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()

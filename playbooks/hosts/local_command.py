"""A short command on this host."""

import os
import subprocess
from collections.abc import Sequence

from playbooks.errors import HostError

_SECONDS = 30.0
_SAID = 600
_INHERITED = ("PATH", "HOME", "LANG")


def run_here(argv: Sequence[str], stdin: bytes = b"") -> bytes:
    """What it writes to stdout. Raises HostError with its own words unless it ended with 0."""
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    try:
        done = subprocess.run(
            list(argv),
            input=stdin,
            env=environment,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except OSError as error:
        raise HostError(f"{argv[0]} could not be started: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise HostError(f"{argv[0]} was not done after {_SECONDS:g} s.") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split())[-_SAID:]
        raise HostError(f"{argv[0]} ended with {done.returncode}: {said or 'it gave no reason'}")
    return done.stdout

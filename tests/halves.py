"""`python -m tests.halves`: the slow tests in two processes at once, for they mostly wait; then
those in a browser alone, which does not bear it that networks of containers come and go beside it.

What each half wrote is printed when it has ended; the exit code is 1 when any test failed.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_BROWSER = "tests/story/test_browser_story.py"
_HALVES = (
    ("tests/stacks",),
    ("tests", "--ignore=tests/stacks", f"--ignore={_BROWSER}"),
)
_ALONE = (_BROWSER,)
_NOTHING_COLLECTED = 5


def main() -> int:
    """Runs all of them."""
    codes = _at_once(_HALVES)
    codes += _at_once((_ALONE,))
    return int(any(code not in {0, _NOTHING_COLLECTED} for code in codes))


def _at_once(parts: Sequence[Sequence[str]]) -> list[int]:
    """Exit codes of pytest."""
    with tempfile.TemporaryDirectory(prefix="interlock-halves-") as folder:
        running = []
        for number, part in enumerate(parts):
            log = Path(folder) / f"{number}.txt"
            argv = [sys.executable, "-m", "pytest", "-m", "slow", "--durations", "15"]
            argv += ["-p", "no:cacheprovider", *part]
            with log.open("w") as output:
                running.append((subprocess.Popen(argv, stdout=output, stderr=output), log))
        codes = []
        for child, log in running:
            codes.append(child.wait())
            sys.stdout.write(log.read_text(errors="replace"))
            sys.stdout.flush()
        return codes


if __name__ == "__main__":
    sys.exit(main())

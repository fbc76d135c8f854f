"""`python -m tests.halves`: the slow tests in two processes at once, for they mostly wait; then
those in a browser alone, which does not bear it that networks of containers come and go beside it.

Two halves on few cores can be too slow for each other's deadlines. So what failed is tried once
more, alone; what fails then has failed. What each part wrote is printed when it has ended.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BROWSERS = ("tests/story/test_browser_story.py", "tests/story/test_incident_story.py")
# The second half has all else, and of the stacks those files: so the halves take as long.
_MOVED = "tests/stacks/test_relica_*"
_STAY = ("test_[!r]*", "test_re[!l]*", "test_relica.py")
_HALVES = (
    ("tests/stacks", f"--ignore-glob={_MOVED}"),
    (
        *("tests", "--ignore=tests/stacks/rows", *(f"--ignore={file}" for file in _BROWSERS)),
        *(f"--ignore-glob=tests/stacks/{name}" for name in _STAY),
    ),
)
_FAILED = 1
_NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class _Part:
    """What one pytest runs. `folder` holds what it writes and which of its tests failed."""

    words: Sequence[str]
    folder: Path

    def begin(self, *more: str) -> subprocess.Popen[bytes]:
        self.folder.mkdir(exist_ok=True)
        argv = [sys.executable, "-m", "pytest", "-m", "slow", "--durations", "15", *more]
        argv += ["-o", f"cache_dir={self.folder / 'cache'}", *self.words]
        with (self.folder / "log.txt").open("w") as output:
            return subprocess.Popen(argv, stdout=output, stderr=output)

    def end(self, child: subprocess.Popen[bytes]) -> int:
        """The exit code of pytest; prints what it wrote."""
        code = child.wait()
        sys.stdout.write((self.folder / "log.txt").read_text(errors="replace"))
        sys.stdout.flush()
        return code


def main() -> int:
    """Runs all of them; 1 when any test has failed."""
    with tempfile.TemporaryDirectory(prefix="interlock-halves-") as folder:
        halves = [_Part(words, Path(folder) / str(n)) for n, words in enumerate(_HALVES)]
        running = [(half, half.begin()) for half in halves]
        codes = {half.folder: half.end(child) for half, child in running}
        for half in halves:
            if codes[half.folder] == _FAILED:
                sys.stdout.write(f"\nOnce more, alone: what failed of {half.words[0]}\n")
                codes[half.folder] = half.end(half.begin("--last-failed"))
        browser = _Part(_BROWSERS, Path(folder) / "browser")
        codes[browser.folder] = browser.end(browser.begin())
    return int(any(code not in {0, _NOTHING_COLLECTED} for code in codes.values()))


if __name__ == "__main__":
    sys.exit(main())

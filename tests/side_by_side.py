"""`python -m tests.side_by_side`: the slow tests in three processes at once, for they mostly wait;
then those in a browser alone, which does not bear it that networks of containers come and go
beside it.

Three at once on few cores can be too slow for each other's deadlines. So what failed is tried once
more, alone; what fails then has failed. What each part wrote is printed when it has ended.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_BROWSERS = (
    "tests/bot/incidents/test_home_in_browser.py",
    "tests/story/test_browser_story.py",
    "tests/story/test_incident_story.py",
)
# Rows are together: they share the five systems, each of which takes a minute to start. Those files
# of the stacks are with them, so that all parts take as long.
_WITH_ROWS = tuple(
    f"tests/stacks/test_{name}.py"
    for name in ("removal", "set_for_a_time", "spice_harvester", "systemd_host", "volumes")
)
_PARTS = (
    ("tests/stacks/rows", *_WITH_ROWS),
    (
        *("tests/stacks", "--ignore=tests/stacks/rows"),
        *(f"--ignore={file}" for file in _WITH_ROWS),
    ),
    ("tests", "--ignore=tests/stacks", *(f"--ignore={file}" for file in _BROWSERS)),
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
        argv = [sys.executable, "-m", "pytest", "-m", "slow", "--durations", "25", *more]
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
    with tempfile.TemporaryDirectory(prefix="interlock-slow-") as folder:
        parts = [_Part(words, Path(folder) / str(n)) for n, words in enumerate(_PARTS)]
        running = [(part, part.begin()) for part in parts]
        codes = {part.folder: part.end(child) for part, child in running}
        for part in parts:
            if codes[part.folder] == _FAILED:
                sys.stdout.write(f"\nOnce more, alone: what failed of {part.words[0]}\n")
                codes[part.folder] = part.end(part.begin("--last-failed"))
        browser = _Part(_BROWSERS, Path(folder) / "browser")
        codes[browser.folder] = browser.end(browser.begin())
    return int(any(code not in {0, _NOTHING_COLLECTED} for code in codes.values()))


if __name__ == "__main__":
    sys.exit(main())

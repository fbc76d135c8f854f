"""Follows a runbook on paper as a person would: its commands, in order, in one bash."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from notifiers.views.paper import paper
from playbooks.byhand.known import Known
from playbooks.catalogue import READERS, by_hand
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.registry import found
from playbooks.repository.manifest import BACKUP_ID, Manifest
from tests.support.work import STARTED, KnownSecrets, TestReading

_BLOCK = re.compile(
    r"^(?P<title>[^\n]+)\n\n(?P<fence>`{3,})sh\n(?P<text>.*?)\n(?P=fence)$", re.M | re.S
)
_PATIENCE = 60.0
# A stand-in for age, for machines without it: the options that runbooks use, over pyrage.
_AGE = """#!{python}
import sys, pyrage
args = sys.argv[1:]
if args[0] == "--encrypt":
    keys = [pyrage.x25519.Recipient.from_str(k) for k in args[2::2]]
    sys.stdout.buffer.write(pyrage.encrypt(sys.stdin.buffer.read(), keys))
else:
    assert args[:2] == ["--decrypt", "--identity"]
    key = pyrage.x25519.Identity.from_str(open(args[2]).read().strip())
    sys.stdout.buffer.write(pyrage.decrypt(open(args[3], "rb").read(), [key]))
"""


def printed(stack: Stack, plan: Plan) -> str:
    """The runbook of a plan, with the manifests that its steps need read from the repository."""
    reading = TestReading(stack, KnownSecrets())
    named = {str(step.args.get("backup", "")) for step in plan.steps}
    manifests = {
        backup: Manifest.model_validate(
            found(READERS, "repository.backup").call(reading, {"backup": backup})["manifest"]
        )
        for backup in named
        if BACKUP_ID.match(backup)
    }
    known = Known(stack=stack, binding=plan.binding, manifests=manifests)
    return paper(plan, STARTED, lambda call: by_hand(known, call))


def commands(runbook: str, titles: Sequence[str] = ("Do",)) -> list[str]:
    """The fenced commands under these titles, after the lines that begin the runbook."""
    blocks = [(match["title"], match["text"]) for match in _BLOCK.finditer(runbook)]
    return [
        text
        for title, text in blocks
        if title.startswith("In one bash") or any(title.startswith(f"{t}: ") for t in titles)
    ]


def follow(
    blocks: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = _PATIENCE,
) -> subprocess.CompletedProcess[str]:
    """Types all of it into one bash that stops at the first command that fails."""
    script = folder / "typed.sh"
    script.write_text("\n".join(blocks) + "\n")
    path = f"{_tools(folder)}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", str(script)],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", **(environment or {})},
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def _tools(folder: Path) -> Path:
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    if shutil.which("age") is None:
        (tools / "age").write_text(_AGE.format(python=sys.executable))
        (tools / "age").chmod(0o700)
    return tools

"""A git repository of a host: where it stands, and another commit checked out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.shell import Shell, output_of

_FETCH_SECONDS = 300.0
_LOG_LINES = 30
# Nobody is there to type a password or to say that a host is known.
_QUIET = ("env", "GIT_TERMINAL_PROMPT=0", "GIT_SSH_COMMAND=ssh -o BatchMode=yes", "LC_ALL=C")


@dataclass(frozen=True)
class Standing:
    """What is checked out. `branch` is empty where none is; `changed` are files that are not as
    the commit has them."""

    commit: str
    branch: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Repository:
    """The repository in `folder` of the shell's host. Everything raises HostError."""

    shell: Shell
    folder: Path

    def standing(self) -> Standing:
        branch = self._git("symbolic-ref", "--quiet", "--short", "HEAD", fails=True)
        changed = self._git("status", "--porcelain", "--untracked-files=no")
        return Standing(
            commit=self._git("rev-parse", "HEAD"),
            branch=branch,
            changed=tuple(line[3:] for line in changed.splitlines()),
        )

    def found(self, remote: str, ref: str) -> str | None:
        """The commit of a branch or tag of the remote, None where it has none of this name."""
        name = ref.removeprefix("refs/")
        said = self._git("ls-remote", remote, name, f"{name}^{{}}", seconds=_FETCH_SECONDS)
        rows = (line.split("\t", 1) for line in said.splitlines() if "\t" in line)
        listed = {place: commit for commit, place in rows}
        tags = (f"refs/tags/{name}^{{}}", f"refs/{name}^{{}}", f"refs/tags/{name}")
        places = (*tags, f"refs/{name}", f"refs/heads/{name}")
        return next((listed[place] for place in places if place in listed), None)

    def fetch(self, remote: str, ref: str) -> None:
        self._git(
            "fetch",
            "--quiet",
            "--tags",
            "--force",
            remote,
            ref.removeprefix("refs/"),
            seconds=_FETCH_SECONDS,
        )

    def check_out(self, commit: str, branch: str) -> None:
        """The branch, where one is given, goes to the commit with it; else it is left alone."""
        if branch:
            self._git("checkout", "--quiet", "-B", branch, commit, "--")
        else:
            self._git("checkout", "--quiet", "--detach", commit, "--")

    def between(self, old: str, new: str) -> tuple[str, ...]:
        """What came, newest first: `abc1234 Subject`, of many the newest."""
        words = ("log", "--oneline", "--no-decorate", f"-{_LOG_LINES}")
        said = self._git(*words, f"{old}..{new}", "--")
        return tuple(said.splitlines())

    def count(self, old: str, new: str) -> int:
        return int(self._git("rev-list", "--count", f"{old}..{new}", "--"))

    def _git(self, *words: str, fails: bool = False, seconds: float = 30.0) -> str:
        argv: Sequence[str] = (*_QUIET, "git", "-C", str(self.folder), *words)
        if fails:
            done = self.shell.run(argv, seconds=seconds)
            return done.output.decode(errors="replace").strip() if done.code == 0 else ""
        try:
            return output_of(self.shell, argv, seconds=seconds).decode(errors="replace").strip("\n")
        except HostError as error:
            said = error.message.removeprefix("env ")
            raise HostError(f"git {words[0]} in {self.folder} {said}", error.hint) from error

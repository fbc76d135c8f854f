"""What a restore keeps beside the live data of a Redis server, inside its data folder.

`FOLDER/.interlock-RUN/` holds `restored` before the exchange and `original` after it. Only what
holds data changes hands: settings and lists of users in the same folder stay where they are. It
is done by renaming, in a helper container while the server is down, and can be stopped anywhere
and gone on with, forwards or backwards: `NAME.leaving` is content on its way out of the data
folder, `NAME.entering` on its way in.
"""

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from playbooks.datastores.redis_model import ABOUT, NEVER_LIVE, RESTORED, Layout
from playbooks.errors import OutcomeUnknown
from playbooks.hosts.containers.helper import Helper, HelperOrder, output_of

_BLOCK, _CHUNK = 512, 1 << 20

# HOLDER INCOMING OUTGOING NAME…: makes INCOMING live and keeps what was live as OUTGOING.
EXCHANGE = """set -eu
cd "$1"; in=$2; out=$3; shift 3
enter() {
  part=$1; shift
  for name in "$@"; do [ ! -e "$part/$name" ] || mv "$part/$name" "../$name"; done
  rmdir "$part"
}
if [ -d "$in.leaving" ]; then enter "$in.leaving" "$@"
elif [ -d "$in.entering" ]; then enter "$in.entering" "$@"
elif [ -d "$in" ]; then
  if [ ! -d "$out" ]; then
    part="$out.entering"
    if [ ! -d "$part" ]; then part="$out.leaving"; mkdir -p "$part"; fi
    for name in "$@"; do [ ! -e "../$name" ] || mv "../$name" "$part/$name"; done
    sync; mv "$part" "$out"
  fi
  mv "$in" "$in.entering"
  enter "$in.entering" "$@"
fi
sync
for part in original* restored*; do [ ! -d "$part" ] || echo "$part"; done"""
# HOLDER: which contents are there.
LOOK = """cd "$1" 2>/dev/null || exit 0
for part in original* restored*; do [ ! -d "$part" ] || echo "$part"; done"""
# HOLDER: gone, unless it keeps what was live once.
REMOVE = """cd "$1" 2>/dev/null || exit 0
for name in original original.leaving original.entering; do [ ! -e "$name" ] || exit 0; done
[ -e never-live ] || [ ! -e restored ] || exit 0
cd .. && rm -rf -- "$1" && echo removed"""
# HOLDER FILE…: as REMOVE, then the owner of the first file that is there.
CLEAR = f"""( {REMOVE} ) >/dev/null; shift
for file in "$@"; do [ ! -e "$file" ] || {{ stat -c %u:%g "$file"; exit; }}; done"""

Each = Callable[[int], None]
State = Literal["before", "halfway", "after", "unclear"]


def order(container: str, run: str, purpose: str, script: str, *words: str) -> HelperOrder:
    """A helper that runs one of these scripts as root."""
    return HelperOrder(
        container=container,
        run=run,
        purpose=purpose,
        argv=("-c", script, "sh", *words),
        entrypoint=("sh",),
        user="0",
    )


def cleared(container: str, run: str, layout: Layout) -> str:
    """As `removed`; `UID:GID` of what the server has written, or of its folder where it has
    written nothing."""
    files = [f"{layout.folder}/{name}" for name in layout.names]
    words = (layout.holder(run), *files, layout.folder)
    return _said(order(container, run, "clear", CLEAR, *words))


@dataclass(frozen=True)
class Exchange:
    """One exchange, as run `run` is to make it: `incoming` becomes live, and what is live is kept
    as `outgoing`, both in the holder of run `kept_by`."""

    container: str
    run: str
    layout: Layout
    kept_by: str
    incoming: str
    outgoing: str

    @property
    def back(self) -> "Exchange":
        return replace(self, incoming=self.outgoing, outgoing=self.incoming)

    def make(self) -> None:
        """From wherever an earlier attempt had come. Idempotent.

        Raises OutcomeUnknown when it is not made afterwards, HostError.
        """
        holder = self.layout.holder(self.kept_by)
        words = (holder, self.incoming, self.outgoing, *self.layout.names)
        now = self._state(_said(order(self.container, self.run, "exchange", EXCHANGE, *words)))
        if now != "after":
            raise OutcomeUnknown(
                f"The data folder was not exchanged: {holder} is {now}.",
                "Look at what lies in it.",
            )

    def state(self) -> State:
        """How far it has come."""
        holder = self.layout.holder(self.kept_by)
        return self._state(_said(order(self.container, self.run, "look", LOOK, holder)))

    def _state(self, said: str) -> State:
        there = set(said.split())
        if there == {self.incoming}:
            return "before"
        if there == {self.outgoing}:
            return "after"
        return "halfway" if there else "unclear"


def removed(container: str, run: str, layout: Layout) -> bool:
    """Removes what this run laid beside, and never what was live before."""
    return bool(_said(order(container, run, "remove", REMOVE, layout.holder(run))))


@dataclass(frozen=True)
class Side:
    """What run `run` lays beside: the snapshot in `dump`, owned by `owner` (`UID:GID`), and what
    is known of it, `about`, as text."""

    layout: Layout
    run: str
    owner: str
    dump: Path
    about: str

    def lay(self, helper: Helper, each: Each) -> None:
        """Fills this run's holder. `each` gets the bytes done. Raises HostError, NoSpace."""
        helper.put(self.layout.folder, self._tar(each))

    def _tar(self, each: Each) -> Iterator[bytes]:
        holder = Path(self.layout.holder(self.run)).name
        uid, gid = (int(number) for number in self.owner.split(":"))
        yield _entry(holder, uid, gid, folder=True)
        yield _entry(f"{holder}/{NEVER_LIVE}", uid, gid)
        noted = self.about.encode()
        yield _entry(f"{holder}/{ABOUT}", uid, gid, size=len(noted)) + _filled(noted)
        yield _entry(f"{holder}/{RESTORED}", uid, gid, folder=True)
        size = self.dump.stat().st_size
        yield _entry(f"{holder}/{RESTORED}/{self.layout.dump}", uid, gid, size=size)
        done = 0
        with self.dump.open("rb") as content:
            while chunk := content.read(_CHUNK):
                done += len(chunk)
                each(done)
                yield chunk
        yield b"\0" * (-size % _BLOCK) + b"\0" * (2 * _BLOCK)


def _entry(name: str, uid: int, gid: int, *, size: int = 0, folder: bool = False) -> bytes:
    info = tarfile.TarInfo(name)
    info.uid, info.gid, info.size = uid, gid, size
    info.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    info.mode = 0o750 if folder else 0o640
    return info.tobuf(tarfile.PAX_FORMAT)


def _filled(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % _BLOCK)


def _said(ordered: HelperOrder) -> str:
    return output_of(ordered).decode(errors="replace").strip()

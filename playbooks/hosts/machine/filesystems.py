"""File systems of a host and the space that folders take, by its own tools."""

from pathlib import PurePosixPath

from playbooks.errors import HostError
from playbooks.hosts.shell import Shell, output_of
from playbooks.model.disk import FileSystem, Folder, Mount, Mounts

_SECONDS = 4.0
_FOLDER_SECONDS = 6.0
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "fuse.sshfs", "9p"})
_ROOTS = frozenset({"overlay", "btrfs", "zfs", "tmpfs"})
# Read-only by nature, or parts of other file systems.
_NEVER = frozenset({"squashfs", "iso9660", "erofs"})
_TIMED_OUT = 124


def mounts(shell: Shell) -> Mounts:
    """What is mounted and holds data. Raises HostError."""
    text = output_of(shell, ["cat", "/proc/self/mounts"], seconds=_SECONDS).decode()
    found: dict[str, Mount] = {}
    for line in text.splitlines():
        device, path, kind = (_unescaped(word) for word in line.split()[:3])
        if kind in _NEVER or not _holds_data(device, path, kind):
            continue
        known = found.get(device)
        if known is None or len(path) < len(known.path):
            found[device] = Mount(device=device, path=path, kind=kind)
    return Mounts(mounts=tuple(sorted(found.values(), key=lambda each: each.path)))


def filesystem(shell: Shell, path: str) -> FileSystem:
    """The one that holds the path, or will: what is not there yet counts as its nearest folder
    above. Raises HostError."""
    done = shell.run(["df", "-P", "-B1", "--", path], seconds=_SECONDS)
    above = str(PurePosixPath(path).parent)
    if done.code != 0 and b"No such file" in done.complaint and above != path:
        return filesystem(shell, above)
    if done.code != 0:
        raise HostError(f"df ended with {done.code}: {done.said()}")
    output = done.output.decode(errors="replace")
    words = output.splitlines()[-1].split(maxsplit=5)
    if len(words) != 6 or not all(word.isdigit() for word in words[1:4]):
        raise HostError(f"df says nothing that can be read about {path}: {output.strip()[:200]}")
    total, used, free = map(int, words[1:4])
    return FileSystem(device=words[0], path=words[5], total=total, used=used, free=free)


def folder(shell: Shell, path: str) -> Folder:
    """What the folder takes. Raises HostError, also when counting takes too long."""
    argv = ["timeout", f"{_FOLDER_SECONDS:g}", "du", "-s", "-x", "-B1", "--", path]
    done = shell.run(argv, seconds=_FOLDER_SECONDS + 2)
    if done.code == _TIMED_OUT:
        raise HostError(f"counting took longer than {_FOLDER_SECONDS:g} s")
    counted = done.output.decode(errors="replace").split(maxsplit=1)
    if not counted or not counted[0].isdigit():
        raise HostError(f"{path} cannot be counted: {done.said()}")
    return Folder(bytes=int(counted[0]), whole=done.code == 0)


def _holds_data(device: str, path: str, kind: str) -> bool:
    if path == "/":
        return True
    if kind in _ROOTS:
        return kind in {"btrfs", "zfs"}
    return device.startswith("/dev/") or kind in _NETWORK


def _unescaped(word: str) -> str:
    """The kernel writes spaces and the like as `\\040`."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\134", "\\")):
        word = word.replace(code, character)
    return word

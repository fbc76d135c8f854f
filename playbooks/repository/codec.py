"""Streams into and out of the repository, a few MB in memory whatever their size.

Writing: source → SHA-256 of the plain bytes → zstd → age → SHA-256 of the stored bytes → storage.
zstd compresses in threads of its own, so reading and hashing go on meanwhile. Reading runs the
same chain backwards into a temporary file that gets its name only when every checksum is right.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from backports.zstd import CompressionParameter, ZstdCompressor, ZstdDecompressor, ZstdError

from playbooks.errors import BrokenBackup, HostError, WrongKey
from playbooks.repository.manifest import Artifact, Codec
from playbooks.repository.sealing import Identity, Recipient, Unopened, seal, unseal
from playbooks.repository.storage import Sink, Storage
from playbooks.repository.trouble import explained

# `progress(done, total)` in bytes, as `Work.progress`; `check_stop` as `Work.check_stop`.
Progress = Callable[[int, int | None], None]
CheckStop = Callable[[], None]
Finish = Callable[[], None]

_LEVEL = 1
_ZSTD_THREADS = 2
# Half of what zstd would take: a third less memory a stream, for 0.2 % more stored.
_ZSTD_JOB_BYTES = 1 << 20
_PLAIN_BYTES = 1 << 20
_ANOTHER = "Restore from another backup."
_KEY = "Set backup.identity to the age identity of one of its recipients."
_SUFFIX: dict[Codec, str] = {"plain": "", "zstd": ".zst", "age": ".age", "zstd+age": ".zst.age"}


def codec_for(*, compress: bool, recipients: Sequence[object]) -> Codec:
    """`compress` is False for a source that comes compressed."""
    if recipients:
        return "zstd+age" if compress else "age"
    return "zstd" if compress else "plain"


def stored_name(name: str, codec: Codec) -> str:
    """`harbor.dump` → `harbor.dump.zst.age`."""
    return name + _SUFFIX[codec]


def plain_name(artifact: Artifact) -> str:
    """The other way round: `harbor.dump.zst.age` → `harbor.dump`."""
    return artifact.name.removesuffix(_SUFFIX[artifact.codec])


def write_artifact(
    storage: Storage,
    path: str,
    chunks: Iterable[bytes],
    *,
    codec: Codec,
    recipients: Sequence[Recipient] = (),
    finish: Finish,
    progress: Progress,
    check_stop: CheckStop,
    total: int | None = None,
    media: str = "application/octet-stream",
) -> Artifact:
    """Stores a stream as one object, `path` being `STACK/ID/NAME`.

    `finish` is called after the last chunk and before the object exists: it raises when the
    source did not succeed (an exit code), and then nothing is stored. `total` is a guess of the
    plain bytes, for progress. Raises what the source raises, RepositoryError and NoSpace.
    """
    plain, stored = _Tally(), _Tally()
    with storage.writing(path) as sink:
        watched = _watched(chunks, plain, lambda done: progress(done, total), check_stop)
        packed = _compressed(watched) if codec.startswith("zstd") else watched
        counted = _CountedSink(sink, stored)
        if codec.endswith("age"):
            seal(packed, counted, recipients)
        else:
            for chunk in packed:
                counted.write(chunk)
        finish()
    return Artifact(
        name=path.rsplit("/", 1)[-1],
        bytes=plain.count,
        stored_bytes=stored.count,
        sha256=stored.digest(),
        plain_sha256=plain.digest(),
        codec=codec,
        media=media,
    )


def write_packed_artifact(
    storage: Storage,
    path: str,
    chunks: Iterable[bytes],
    *,
    recipients: Sequence[Recipient] = (),
    finish: Finish,
    progress: Progress,
    check_stop: CheckStop,
    total: int | None = None,
    media: str = "application/octet-stream",
) -> Artifact:
    """Like `write_artifact` for a source that its own side has compressed with zstd already.

    What arrives is decompressed on the way, so that the plain bytes are known and a cut stream is
    noticed: that costs a tenth of compressing it here. Raises HostError for such a stream.
    """
    plain, stored = _Tally(), _Tally()
    with storage.writing(path) as sink, open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        opened = _PlainSink(nowhere, plain, compressed=True)
        watched = _opened(chunks, opened, lambda: progress(plain.count, total), check_stop)
        counted = _CountedSink(sink, stored)
        try:
            if recipients:
                seal(watched, counted, recipients)
            else:
                for chunk in watched:
                    counted.write(chunk)
            finish()
            opened.close()
        except (ZstdError, EOFError) as error:
            finish()
            raise HostError(f"What came for {path} is no whole zstd stream: {error}.") from error
    return Artifact(
        name=path.rsplit("/", 1)[-1],
        bytes=plain.count,
        stored_bytes=stored.count,
        sha256=stored.digest(),
        plain_sha256=plain.digest(),
        codec=codec_for(compress=True, recipients=recipients),
        media=media,
    )


def read_artifact(
    storage: Storage,
    path: str,
    artifact: Artifact,
    *,
    identities: Sequence[Identity] = (),
    destination: Path,
    progress: Progress,
    check_stop: CheckStop,
) -> None:
    """Brings the plain content to `destination`, which is there only when all of it is right.

    `progress` counts stored bytes. Raises BrokenBackup, WrongKey, RepositoryError, NoSpace.
    """
    part = destination.with_name(destination.name + ".part")
    try:
        with explained(str(destination.parent), f"write {destination.name}"), part.open("wb") as to:
            _decode(_Source(storage, path, artifact, progress, check_stop), identities, to)
            to.flush()
            os.fsync(to.fileno())
        part.replace(destination)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def verify_artifact(
    storage: Storage,
    path: str,
    artifact: Artifact,
    *,
    identities: Sequence[Identity] = (),
    progress: Progress,
    check_stop: CheckStop,
) -> None:
    """Reads, decrypts and decompresses everything, keeping nothing. Raises as `read_artifact`."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        _decode(_Source(storage, path, artifact, progress, check_stop), identities, nowhere)


def verify_stored(
    storage: Storage,
    path: str,
    artifact: Artifact,
    *,
    progress: Progress,
    check_stop: CheckStop,
) -> None:
    """Reads the stored bytes back and compares them, which needs no key. Raises BrokenBackup."""
    tally = _Tally()
    source = _Source(storage, path, artifact, progress, check_stop)
    for _ in source.chunks(tally):
        pass
    source.require_stored(tally)


class _Tally:
    """How many bytes went by, and their SHA-256."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, data: bytes) -> None:
        self.count += len(data)
        self._hash.update(data)

    def digest(self) -> str:
        return self._hash.hexdigest()


class _CountedSink:
    def __init__(self, sink: Sink, tally: _Tally) -> None:
        self._sink = sink
        self._tally = tally

    def write(self, data: bytes, /) -> int:
        self._tally.add(data)
        self._sink.write(data)
        return len(data)


class _PlainSink:
    """Decompresses where needed, counts, and writes the plain bytes to a file."""

    def __init__(self, to: IO[bytes], tally: _Tally, *, compressed: bool) -> None:
        self._to = to
        self._tally = tally
        self._zstd = ZstdDecompressor() if compressed else None

    def write(self, data: bytes, /) -> int:
        for plain in self._expanded(data):
            self._tally.add(plain)
            self._to.write(plain)
        return len(data)

    def _expanded(self, data: bytes) -> Iterator[bytes]:
        """Never more than a piece at once: a megabyte of zstd may hold gigabytes of zeros."""
        if self._zstd is None:
            yield data
            return
        yield self._zstd.decompress(data, max_length=_PLAIN_BYTES)
        while not self._zstd.needs_input and not self._zstd.eof:
            yield self._zstd.decompress(b"", max_length=_PLAIN_BYTES)

    def close(self) -> None:
        """Raises EOFError when the compressed stream was cut, or goes on after its end."""
        if self._zstd and (not self._zstd.eof or self._zstd.unused_data):
            raise EOFError("the compressed stream does not end where it should")


def _watched(
    chunks: Iterable[bytes], tally: _Tally, progress: Callable[[int], None], check_stop: CheckStop
) -> Iterator[bytes]:
    check_stop()
    for chunk in chunks:
        tally.add(chunk)
        progress(tally.count)
        yield chunk
        check_stop()


def _opened(
    chunks: Iterable[bytes], opened: _PlainSink, each: Callable[[], None], check_stop: CheckStop
) -> Iterator[bytes]:
    check_stop()
    for chunk in chunks:
        if chunk:
            opened.write(chunk)
        each()
        yield chunk
        check_stop()


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    zstd = ZstdCompressor(
        options={
            CompressionParameter.compression_level: _LEVEL,
            CompressionParameter.nb_workers: _ZSTD_THREADS,
            CompressionParameter.job_size: _ZSTD_JOB_BYTES,
            CompressionParameter.checksum_flag: 1,
        }
    )
    for chunk in chunks:
        if packed := zstd.compress(chunk):
            yield packed
    yield zstd.flush()


@dataclass(frozen=True)
class _Source:
    """A stored artifact that is being read."""

    storage: Storage
    path: str
    artifact: Artifact
    progress: Progress
    check_stop: CheckStop

    @property
    def sealed(self) -> bool:
        return self.artifact.codec.endswith("age")

    def chunks(self, tally: _Tally) -> Iterator[bytes]:
        self.check_stop()
        if not self.storage.exists(self.path):
            raise BrokenBackup(f"{self.path} is missing.", _ANOTHER)
        for chunk in self.storage.chunks(self.path):
            tally.add(chunk)
            self.progress(tally.count, self.artifact.stored_bytes)
            yield chunk
            self.check_stop()

    def require_stored(self, tally: _Tally) -> None:
        if tally.count != self.artifact.stored_bytes:
            raise BrokenBackup(
                f"{self.path} has {tally.count} bytes where the manifest says "
                f"{self.artifact.stored_bytes}.",
                _ANOTHER,
            )
        if tally.digest() != self.artifact.sha256:
            raise BrokenBackup(
                f"{self.path} was changed after it was written: its checksum is not right.",
                _ANOTHER,
            )

    def require_plain(self, tally: _Tally, trouble: Exception | None) -> None:
        if isinstance(trouble, Unopened):
            raise WrongKey(
                f"The key of backup.identity does not open {self.path} ({trouble}).", _KEY
            ) from trouble
        if trouble is not None or tally.digest() != self.artifact.plain_sha256:
            raise BrokenBackup(
                f"{self.path} does not decode to what was backed up.", _ANOTHER
            ) from trouble


def _decode(source: _Source, identities: Sequence[Identity], to: IO[bytes]) -> None:
    if source.sealed and not identities:
        raise WrongKey(f"{source.path} is encrypted and there is no key to open it.", _KEY)
    stored, plain = _Tally(), _Tally()
    chunks = source.chunks(stored)
    sink = _PlainSink(to, plain, compressed=source.artifact.codec.startswith("zstd"))
    trouble = _pour(chunks, sink, identities if source.sealed else ())
    for _ in chunks:  # what a decoder left unread counts for the checksum too
        pass
    source.require_stored(stored)
    source.require_plain(plain, trouble)


def _pour(
    chunks: Iterator[bytes], sink: _PlainSink, identities: Sequence[Identity]
) -> Exception | None:
    """Returns why it could not be decoded: whose fault that is, the checksum decides."""
    try:
        if identities:
            unseal(chunks, sink, identities)
        else:
            for chunk in chunks:
                sink.write(chunk)
        sink.close()
    except (Unopened, ZstdError, EOFError) as error:
        return error
    return None

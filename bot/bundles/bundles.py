"""Makes bundles of diagnostics: one `tar.zst` on disk, redacted line by line, never in memory."""

import hashlib
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from backports.zstd import ZstdFile

from bot.bundles.parts import LogPart, described, fact_parts, log_parts, pretty
from bot.turns import Turns
from commands.ports import Clock, History
from notifiers.redactor import Redactor
from playbooks.errors import InterlockError
from playbooks.hosts.logs.sources import mask_of
from playbooks.model.base import JsonObject
from playbooks.model.bundle import Bundle, BundleManifest, BundlePart
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.ports import FactReader

_FACT_SECONDS = 40.0
_LOG_SECONDS = 8.0
_LOG_BYTES = 4 * 1024 * 1024
_THREADS = 4
_RUNS = 20
_PREFIX = "interlock-bundle-"
_OLD_SECONDS = 24 * 3600.0

Clean = Callable[[str], str]


@dataclass(frozen=True)
class Bundles:
    """`commands.ports.Bundles`."""

    facts: FactReader
    history: History
    redactor: Redactor
    turns: Turns
    now: Clock

    def make(self, stack: Stack, actor: Actor) -> Bundle:
        """Collects all there is of the stack, within about a minute. What cannot be read is named
        in the manifest with its reason. The bundle lies alone in a folder of its own, which whoever
        gets it removes."""
        _forget_old()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        try:
            with self.turns.aside():
                return self._made(stack, actor, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _made(self, stack: Stack, actor: Actor, folder: Path) -> Bundle:
        mask, content = mask_of(stack), folder / "content"

        def clean(text: str) -> str:
            return mask(self.redactor.redact(text))

        parts = [
            *self._facts(stack, content, clean),
            *self._logs(stack, content, clean),
            self._written(content, "stack.json", pretty(described(stack)), clean),
            self._written(content, "runs.json", pretty(self._runs(stack)), clean),
        ]
        manifest = BundleManifest(
            stack=stack.name,
            environment=stack.environment,
            made_at=self.now(),
            made_by=actor.name,
            interlock=_version(),
            parts=tuple(sorted(parts, key=lambda part: part.name)),
        )
        (content / "manifest.json").write_text(manifest.model_dump_json(indent=1) + "\n")
        made = f"{stack.name}-{self.now():%Y%m%d-%H%M%S}"
        path = folder / f"diagnostics-{made}.tar.zst"
        _pack(content, path, made)
        shutil.rmtree(content)
        return Bundle(path=path, bytes=path.stat().st_size, sha256=_digest(path), manifest=manifest)

    def _facts(self, stack: Stack, content: Path, clean: Clean) -> Iterator[BundlePart]:
        queries = fact_parts(stack)
        facts = self.facts.read(stack, list(queries.values()), within=_FACT_SECONDS)
        for name, query in queries.items():
            fact = facts.get(query)
            if fact is None:
                why = facts.missing.get(query.key, "it was not read")
                yield BundlePart(name=name, missing=clean(why))
            else:
                yield self._written(content, name, pretty(fact), clean)

    def _logs(self, stack: Stack, content: Path, clean: Clean) -> Sequence[BundlePart]:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="bundle") as pool:
            return list(pool.map(lambda log: _log(content, log, clean), log_parts(stack)))

    def _runs(self, stack: Stack) -> list[JsonObject]:
        found = self.history.dossiers(stack=stack.name, limit=_RUNS)
        return [
            {
                "request": each.request.id,
                "operation": each.request.plan.operation,
                "summary": each.request.plan.summary,
                "asked_by": each.request.requester,
                "state": each.request.state.value,
                "run": each.run.state.value if each.run else None,
                "started": each.run.started_at if each.run else None,
                "ended": each.run.ended_at if each.run else None,
                "outcome": each.run.outcome if each.run else "",
            }
            for each in found
            # Whoever reads a bundle was not asked into incidents, which may be private.
            if not each.request.incident
        ]

    def _written(self, content: Path, name: str, text: str, clean: Clean) -> BundlePart:
        return _write(content, name, (clean(line) for line in text.splitlines()))


def _log(content: Path, log: LogPart, clean: Clean) -> BundlePart:
    """As much of a log as comes in time and fits."""
    try:
        return _write(content, log.name, _bounded(clean(line) for line in log.lines()))
    except InterlockError as error:
        return BundlePart(name=log.name, missing=clean(str(error)))


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    ends, size = time.monotonic() + _LOG_SECONDS, 0
    for line in lines:
        yield line
        size += len(line)
        if size > _LOG_BYTES or time.monotonic() > ends:
            yield "… (the rest is left out)"
            return


def _write(content: Path, name: str, lines: Iterable[str]) -> BundlePart:
    path = content / name
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for line in lines:
            data = f"{line}\n".encode(errors="replace")
            digest.update(data)
            file.write(data)
    return BundlePart(name=name, bytes=path.stat().st_size, sha256=digest.hexdigest())


def _pack(content: Path, path: Path, name: str) -> None:
    """A tar of the folder, its manifest first, with nothing in it of who made it here."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    with ZstdFile(path, "w") as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        manifest = content / "manifest.json"
        others = sorted(each for each in content.rglob("*") if each.is_file() and each != manifest)
        for each in [manifest, *others]:
            tar.add(each, f"{name}/{each.relative_to(content)}", filter=plain)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _forget_old() -> None:
    """What a killed bot left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > _OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def _version() -> str:
    try:
        return version("interlock")
    except PackageNotFoundError:
        return "unknown"

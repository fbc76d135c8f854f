"""Versions of an application as images, and a small fleet of services that run them."""

import hashlib
import json
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack
from tests.images.build import image
from tests.support.docker import Project, require_docker

GOOD, BETTER, SICK, ENDING = "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"
"""Two that are well, one that never gets healthy, one that ends at once."""

_ENTRY = """#!/usr/bin/busybox sh
[ $# -gt 0 ] && exec "$@"
[ "$VERSION" = v1.3.0 ] && { echo "cannot start"; exit 3; }
exec /entrypoint.sh
"""
_HEALTHY = "wget -q -O - http://127.0.0.1:$$PORT/health | grep -q '\"healthy\"'"


@dataclass(frozen=True)
class Versions:
    """Images `REPOSITORY:VERSION`."""

    repository: str

    def name(self, version: str) -> str:
        return f"{self.repository}:{version}"

    def digest(self, version: str) -> str:
        """The id of its image."""
        return _docker("image", "inspect", "--format", "{{.Id}}", self.name(version)).strip()

    def remove(self, version: str) -> None:
        _docker("image", "rm", "--force", self.name(version))


@contextmanager
def versions() -> Iterator[Versions]:
    """All four, gone with the names that Interlock gave them afterwards."""
    require_docker()
    made = Versions(f"interlock-test-versions/{uuid.uuid4().hex[:10]}")
    for version in (GOOD, BETTER, SICK, ENDING):
        _docker("tag", _image(version), made.name(version))
    try:
        yield made
    finally:
        names = [made.name(version) for version in (GOOD, BETTER, SICK, ENDING)]
        subprocess.run(
            ["docker", "image", "rm", "--force", *names], capture_output=True, check=False
        )


def version_images() -> tuple[str, ...]:
    """What the versions are made from, for another engine to load."""
    return (image("app"), *(_image(each) for each in (GOOD, BETTER, SICK, ENDING)))


def forget_kept(project: str) -> None:
    """Removes the names that Interlock gave the images of a project."""
    pattern = f"reference=interlock-kept/{project}/*"
    listed = _docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", pattern)
    if names := listed.split():
        subprocess.run(
            ["docker", "image", "rm", "--force", *names], capture_output=True, check=False
        )


def _image(version: str) -> str:
    """The image of a version, made once and kept by what goes into it."""
    content = hashlib.sha256(f"{image('app')} {_ENTRY}".encode()).hexdigest()[:12]
    name = f"interlock-test/app-version:{content}-{version}"
    if not _docker("images", "--quiet", name).strip():
        _commit(name, version)
    return name


def _commit(name: str, version: str) -> None:
    container = _docker("create", image("app")).strip()
    try:
        with tempfile.TemporaryDirectory() as folder:
            entry = Path(folder) / "version.sh"
            entry.write_text(_ENTRY)
            entry.chmod(0o755)
            _docker("cp", str(entry), f"{container}:/version.sh")
        changes = [
            'ENTRYPOINT ["/version.sh"]',
            f"ENV VERSION={version}",
            f"ENV HEALTH={'sick' if version == SICK else 'healthy'}",
        ]
        options = [word for change in changes for word in ("--change", change)]
        _docker("commit", *options, container, name)
    finally:
        _docker("rm", "--force", container)


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Fleet:
    """A compose project of services that are all alike, at the version that its env file says."""

    project: Project
    versions: Versions
    names: tuple[str, ...]

    @property
    def stack(self) -> Stack:
        return load_stack(self.project.stack_file)

    @property
    def env_file(self) -> Path:
        return self.project.folder / ".env"

    def put(self, version: str) -> None:
        """Makes every service run this version, without Interlock."""
        self.write(version)
        self.project.compose("up", "--detach", "--wait", "--pull", "never")

    def write(self, version: str) -> None:
        """The env file says this version."""
        self.env_file.write_text(
            f"# The fleet's own settings.\nAPP_IMAGE={self.versions.name(version)}\nOTHER='a b'\n"
        )

    def runs(self, version: str) -> bool:
        """Every service runs from the image of this version, and is healthy."""
        wanted = self.versions.digest(version)
        seen = [self.project.container(name) for name in self.names]
        return all(each.image == wanted and each.health == "healthy" for each in seen)


@contextmanager
def fleet(folder: Path, count: int, **changes: Any) -> Iterator[Fleet]:
    """Services s1, s2, … whose files lie in `folder`; none runs yet. `changes` replace keys of the
    stack file."""
    with versions() as made:
        names = tuple(f"s{number + 1}" for number in range(count))
        project = Project(f"fleet-{uuid.uuid4().hex[:6]}", folder)
        (folder / "compose.yaml").write_text(json.dumps(_composed(names)))
        project.stack_file.write_text(json.dumps(_described(project, made, names) | changes))
        found = Fleet(project, made, names)
        found.write(GOOD)
        try:
            yield found
        finally:
            project.compose("down", "--volumes", "--timeout", "2")
            forget_kept(project.name)


def _composed(names: Sequence[str]) -> dict[str, Any]:
    health = {"test": ["CMD", "sh", "-c", _HEALTHY], "interval": "1s", "retries": 3}
    return {
        "services": {
            name: {
                "image": "${APP_IMAGE}",
                "environment": {"NAME": name, "PORT": "8000"},
                "stop_grace_period": "3s",
                "healthcheck": health,
            }
            for name in names
        }
    }


def _described(project: Project, made: Versions, names: Sequence[str]) -> dict[str, Any]:
    return {
        "name": project.stack_file.stem,
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": project.name, "files": ["compose.yaml"], "env_files": [".env"]},
        "services": {
            name: {"health": {"kind": "container"}, "start_seconds": 20} for name in names
        },
        "deploy": {
            "versions": r"v[0-9]+\.[0-9]+\.[0-9]+",
            "variable": {"name": "APP_IMAGE", "value": f"{made.repository}:{{version}}"},
            "ways": {"deploy": [{"kind": "roll", "services": list(names)}, {"kind": "health"}]},
        },
    }

"""A registry of images on this host, and images for it."""

import io
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.images.build import image
from tests.support.bot import wait_until
from tests.support.ports import free_port

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Registry:
    """At `place`, like `127.0.0.1:5000`, which engines trust without TLS."""

    place: str
    container: str

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens at its place; afterwards it is there again with what was pushed."""
        _out("docker", "kill", self.container)
        try:
            yield
        finally:
            _out("docker", "start", self.container)
            wait_until(lambda: _answers(self.place), "the registry", 30)

    def push(self, source: str, name: str) -> str:
        """An image of the host under `PLACE/NAME`, which stays as a tag of the host; the digest
        that the registry has for it, by its own API."""
        tag = f"{self.place}/{name}"
        for argv in (["docker", "tag", source, tag], ["docker", "push", "--quiet", tag]):
            subprocess.run(argv, check=True, capture_output=True)
        return self.digest(name)

    def digest(self, name: str) -> str:
        repository, _, tag = name.partition(":")
        url = f"http://{self.place}/v2/{repository}/manifests/{tag}"
        seen = httpx.head(url, headers={"Accept": _MANIFEST}, trust_env=False)
        assert seen.status_code == 200, seen.text
        return seen.headers["Docker-Content-Digest"]

    def replace(self, name: str) -> str:
        """Another image under the same tag, made elsewhere: this host's own tag stays."""
        before = _out("docker", "image", "inspect", "--format", "{{.Id}}", f"{self.place}/{name}")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            entry = tarfile.TarInfo("newer")
            entry.size = 32
            tar.addfile(entry, io.BytesIO(uuid.uuid4().hex.encode()))
        made = subprocess.run(
            ["docker", "import", "-"], input=packed.getvalue(), capture_output=True, check=True
        )
        newer = made.stdout.decode().strip()
        digest = self.push(newer, name)
        _out("docker", "tag", before, f"{self.place}/{name}")
        _out("docker", "image", "rm", "--force", newer)
        return digest


@contextmanager
def registry() -> Iterator[Registry]:
    """One that is empty, gone with the images that were pushed to it."""
    name = f"interlock-registry-{uuid.uuid4().hex[:8]}"
    place = f"127.0.0.1:{free_port()}"
    _out("docker", "run", "--detach", "--name", name, "-p", f"{place}:5000", image("registry"))
    try:
        wait_until(lambda: _answers(place), "the registry", 30)
        yield Registry(place, name)
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True)
        for tag in _out("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split():
            if tag.startswith(f"{place}/"):
                _out("docker", "image", "rm", "--force", tag)


def _answers(place: str) -> bool:
    try:
        return httpx.get(f"http://{place}/v2/", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _out(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

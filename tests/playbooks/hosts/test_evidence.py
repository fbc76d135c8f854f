"""Containers that may have been broken into, on a real engine: cut off, kept, put back."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from playbooks.errors import ActionFailed
from playbooks.hosts import evidence
from playbooks.hosts.evidence import Keeping, attacked, gather, join, leave
from playbooks.model.base import canonical_json
from playbooks.model.breach import Attacked, Gathered
from playbooks.model.compose import Compose
from tests.images.build import image
from tests.support.docker import require_docker

pytestmark = [pytest.mark.slow]


@dataclass(frozen=True)
class Victim:
    """A container of a project, on two networks, with a volume."""

    compose: Compose
    client: Any
    name: str

    def now(self) -> Attacked:
        [found] = attacked(self.compose, "api", counted=True)
        return found

    def runs(self, *argv: str) -> int:
        code: int = self.client.containers.get(self.name).exec_run(list(argv)).exit_code
        return code


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    require_docker()
    project = f"victim-{uuid.uuid4().hex[:6]}"
    labels = {
        "com.docker.compose.project": project,
        "com.docker.compose.service": "api",
        "com.docker.compose.oneoff": "False",
    }
    client: Any = docker.from_env()
    networks = [client.networks.create(f"{project}-{each}") for each in ("front", "back")]
    made = client.containers.create(
        image("app"),
        name=f"{project}-api-1",
        labels=labels,
        environment={"NAME": "api", "PORT": "8000"},
        volumes={project: {"bind": "/data", "mode": "rw"}},
        network=networks[0].name,
    )
    networks[1].connect(made, aliases=["api", "api.internal"])
    made.start()
    file = tmp_path_factory.mktemp("victim") / "compose.yaml"
    try:
        yield Victim(Compose(project=project, files=(file,)), client, made.name)
    finally:
        made.remove(force=True, v=True)
        client.volumes.get(project).remove()
        for each in networks:
            each.remove()


def keeping(victim: Victim, folder: Path) -> Keeping:
    return Keeping("api", victim.now(), folder, "interlock-evidence/victim/api", "k3", volumes=True)


@pytest.fixture
def kept(victim: Victim, tmp_path: Path) -> Iterator[tuple[Path, Gathered]]:
    """Gathered twice, as after a crash, and sealed; the image is gone afterwards."""
    folder = tmp_path / "inc-1" / "k3"
    assert victim.runs("sh", "-c", "echo mine > /tmp/malware; echo data > /data/paper") == 0
    gather(victim.compose, keeping(victim, folder / victim.name), lambda _: None)
    found = gather(victim.compose, keeping(victim, folder / victim.name), lambda _: None)
    listed = canonical_json({"files": [each.model_dump() for each in found.files]}).encode()
    evidence.sealed(folder, listed, "evidence.json")
    yield folder, found
    victim.client.images.remove("interlock-evidence/victim/api:k3", force=True)


def test_a_container_is_cut_off_and_put_back(victim: Victim) -> None:
    """It runs on with the same process; its networks and their aliases come back, and only those
    that are missing."""
    before = victim.now()
    assert len(before.networks) == 2
    pid = victim.client.api.inspect_container(before.id)["State"]["Pid"]
    leave(victim.compose, before)
    cut = victim.now()
    assert (cut.id, cut.up, cut.networks) == (before.id, True, ())
    assert victim.runs("sh", "-c", "true") == 0
    join(victim.compose, cut, before.networks[:1])
    join(victim.compose, victim.now(), before.networks)
    back = victim.now()
    assert {each.network for each in back.networks} == {each.network for each in before.networks}
    assert {alias for each in back.networks for alias in each.aliases} >= {"api", "api.internal"}
    assert victim.client.api.inspect_container(before.id)["State"]["Pid"] == pid


def test_all_of_it_is_kept_for_nobody_to_change(
    victim: Victim, kept: tuple[Path, Gathered]
) -> None:
    """Settings, logs, processes, changes, file system and volume, each with its checksum; the image
    belongs to no project, so that no clean-up takes it."""
    folder, found = kept
    names = [each.path for each in found.files]
    assert names == [
        "inspect.json",
        "logs.txt",
        "processes.json",
        "changes.json",
        "filesystem.tar",
        "volume-0.tar",
    ]
    for each in found.files:
        file = folder / victim.name / each.path
        content = file.read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each.bytes, each.sha256)
        assert file.stat().st_mode & 0o777 == 0o400
    assert folder.stat().st_mode & 0o777 == 0o500
    assert b"malware" in (folder / victim.name / "changes.json").read_bytes()
    labels = victim.client.images.get(found.kept_image).labels
    assert labels["com.docker.compose.project"] == ""
    assert not list((folder / victim.name).glob(".*.part"))


def test_what_was_changed_since_is_found(victim: Victim, kept: tuple[Path, Gathered]) -> None:
    """A file that is gone, and one of which a byte is another."""
    folder, found = kept
    place = folder / victim.name
    assert evidence.wrong_with(place, found.files, lambda _: None) == ()
    place.chmod(0o700)
    (place / "logs.txt").unlink()
    changed = place / "inspect.json"
    content = changed.read_bytes()
    changed.chmod(0o600)
    changed.write_bytes(b" " + content[1:])
    wrong = evidence.wrong_with(place, found.files, lambda _: None)
    assert set(wrong) == {"logs.txt", "inspect.json"}
    assert evidence.checksum(place / "logs.txt") is None
    with pytest.raises(ActionFailed, match="cannot be read"):
        evidence.read_list(place / "nothing.json")

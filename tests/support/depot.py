"""A small stack whose data are in volumes: a keeper that writes there, and a porter beside it."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.images.build import image
from tests.support.docker import Project, require_docker

UPLOADS = "/srv/uploads"
_WAIT = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]


@contextmanager
def depot(folder: Path) -> Iterator[Project]:
    """Its files in `folder`, nothing started; gone with its volumes afterwards."""
    require_docker()
    made = Project(f"depot-{uuid.uuid4().hex[:6]}", folder)
    used = {"image": image("redis"), "command": _WAIT, "network_mode": "none", "init": True}
    (folder / "settings").mkdir()
    keeper = {**used, "volumes": [f"uploads:{UPLOADS}", "./settings:/srv/settings"]}
    porter = {**used, "volumes": [f"uploads:{UPLOADS}"]}
    composed = {"services": {"keeper": keeper, "porter": porter}, "volumes": {"uploads": {}}}
    (folder / "compose.yaml").write_text(yaml.safe_dump(composed))
    (folder / ".env").write_text("")
    made.stack_file.write_text(yaml.safe_dump(_described(made.name), sort_keys=False))
    try:
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "1")


def _described(project: str) -> dict[str, object]:
    used = {"kind": "volume", "service": "keeper"}
    return {
        "name": "depot",
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": project, "files": ["compose.yaml"]},
        "services": {"keeper": {}, "porter": {"needs": ["keeper"]}},
        "datastores": {
            "uploads": {**used, "path": UPLOADS, "stops": ["keeper", "porter"]},
            "live": {**used, "path": UPLOADS, "stops": []},
            "settings": {**used, "path": "/srv/settings"},
        },
        "backup": {"repository": "backups", "sets": {"all": ["uploads", "settings"]}},
    }


def inside(made: Project, script: str, service: str = "keeper") -> str:
    """What a script says that runs with the service's mounts, whether the service runs or not."""
    argv = ["docker", "run", "--rm", "--network", "none", "--user", "0:0", "--entrypoint", "sh"]
    shares = ["--volumes-from", made.container(service).id, image("redis"), "-c", script]
    done = subprocess.run([*argv, *shares], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(errors="surrogateescape")


def tree(made: Project, path: str = UPLOADS, service: str = "keeper") -> str:
    """Everything in a mount, told so that two of them can be compared: contents, owners, modes,
    links and times to the second; without what restores keep."""
    return inside(
        made,
        f"cd {path}; stat -c '. %a %u:%g' .; "
        "find . -mindepth 1 -path './.interlock-*' -prune -o -mindepth 1 "
        "-printf '%P %y %m %U:%G %s %l %Ts\\n' | sort; "
        "find . -path './.interlock-*' -prune -o -type f -exec sha256sum {} + | sort -k 2; "
        "find . -path './.interlock-*' -prune -o -type f -links +1 -printf '%P\\n' | sort",
        service,
    )

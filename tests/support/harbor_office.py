"""A small stack of servers whose storage is archived while they are down: Azurite, and what stands
in for TerminusDB."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import obstore
import yaml
from obstore.store import AzureStore

from tests.images.build import image
from tests.support.clouds import ACCOUNT, ACCOUNT_KEY, make_container
from tests.support.docker import Project, require_docker

ADMIN_PASS = "Sesame-terminus-1"
_CONNECTS = (
    "require('net').connect(10000, '127.0.0.1')"
    ".on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
)
_ANSWERS = (
    "fetch('http://127.0.0.1:6363/api/ok').then((a) => process.exit(a.ok ? 0 : 1))"
    ".catch(() => process.exit(1))"
)
_AZURITE = [
    *("azurite", "--location", "/data", "--blobHost", "0.0.0.0"),
    *("--disableTelemetry", "--skipApiVersionCheck"),
]


@contextmanager
def harbor_office(folder: Path) -> Iterator[Project]:
    """Its files in `folder`, nothing started; gone with its volumes afterwards."""
    require_docker()
    made = Project(f"office-{uuid.uuid4().hex[:6]}", folder)
    (folder / "compose.yaml").write_text(yaml.safe_dump(_composed()))
    (folder / ".env").write_text("")
    made.stack_file.write_text(yaml.safe_dump(_described(made.name), sort_keys=False))
    try:
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "2")


def blobs(made: Project) -> dict[str, bytes]:
    """All blobs in Azurite's one container, by name."""
    store = _store(made)
    listed = [each["path"] for page in obstore.list(store) for each in page]
    return {path: bytes(obstore.get(store, path).bytes()) for path in sorted(listed)}


def make_boxes(made: Project) -> None:
    """The container that the blobs are in."""
    make_container(_endpoint(made), "boxes")


def put_blobs(made: Project, contents: dict[str, bytes]) -> None:
    """Puts blobs into it."""
    for path, content in contents.items():
        obstore.put(_store(made), path, content)


def terminus(made: Project, method: str, path: str, body: Any = None) -> Any:
    """What TerminusDB answers, logged in as its admin."""
    host, port = made.address("terminusdb", 6363)
    answer = httpx.request(
        method,
        f"http://{host}:{port}{path}",
        auth=("admin", ADMIN_PASS),
        content=None if body is None else json.dumps(body),
        trust_env=False,
    )
    answer.raise_for_status()
    return answer.json() if answer.content else None


def _endpoint(made: Project) -> str:
    host, port = made.address("azurite", 10000)
    return f"http://{host}:{port}/{ACCOUNT}"


def _store(made: Project) -> AzureStore:
    return AzureStore(
        container_name="boxes",
        account_name=ACCOUNT,
        account_key=ACCOUNT_KEY,
        endpoint=_endpoint(made),
        client_options={"allow_http": True},
    )


def _composed() -> dict[str, object]:
    used = {"stop_grace_period": "10s"}
    check = {"interval": "1s", "timeout": "5s", "retries": 30}
    return {
        "services": {
            "azurite": {
                **used,
                "image": image("azurite"),
                "command": _AZURITE,
                "ports": ["127.0.0.1::10000"],
                "volumes": ["azurite:/data"],
                "healthcheck": {**check, "test": ["CMD", "node", "-e", _CONNECTS]},
            },
            "terminusdb": {
                **used,
                "image": image("terminusdb"),
                "environment": {"TERMINUSDB_ADMIN_PASS": ADMIN_PASS},
                "ports": ["127.0.0.1::6363"],
                "volumes": ["terminusdb:/app/terminusdb/storage"],
                "healthcheck": {**check, "test": ["CMD", "node", "-e", _ANSWERS]},
            },
        },
        "volumes": {"azurite": {}, "terminusdb": {}},
    }


def _described(project: str) -> dict[str, object]:
    return {
        "name": "office",
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": project, "files": ["compose.yaml"]},
        "services": {
            name: {"health": {"kind": "container"}, "start_seconds": 60}
            for name in ("azurite", "terminusdb")
        },
        "datastores": {
            "azurite": {"kind": "azurite", "service": "azurite"},
            "terminusdb": {"kind": "terminusdb", "service": "terminusdb"},
        },
        "backup": {"repository": "backups"},
    }

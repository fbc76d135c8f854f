"""Bundles of diagnostics of every system."""

import io
import json
import tarfile

import pytest
from backports.zstd import ZstdFile

from tests.support.docker import NEO4J_PASSWORD, PASSWORD, REDIS_PASSWORD, TERMINUS_KEY
from tests.support.systems import System, on
from tests.support.talk import ask_patiently, newest_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_STORES = {
    "relica": "postgres",
    "neurocore": "postgres",
    "spice-harvester": "terminusdb",
    "analytics-engine": "timescaledb",
    "arc": "postgres",
}


@pytest.mark.covers("S10", "RNSAC")
@on("RNSAC")
def test_a_bundle_holds_everything_and_no_secret(system: System) -> None:
    """Services, inspections, logs, volumes, networks, databases and the compose configuration are
    in it, and none of the system's passwords."""
    sim = system.bot.sim
    said = ask_patiently(sim, f"diagnose {system.name}", user="dora", seconds=150)
    assert "in your direct messages" in said, said
    packed = sim.http.get(f"/sim/files/{newest_file(sim, 'dora')['id']}").content
    plain = ZstdFile(io.BytesIO(packed)).read()
    for secret in (PASSWORD, REDIS_PASSWORD, NEO4J_PASSWORD, TERMINUS_KEY):
        assert secret.encode() not in plain
        assert json.dumps(secret)[1:-1].encode() not in plain
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        texts = {
            entry.name.partition("/")[2]: (tar.extractfile(entry) or io.BytesIO()).read().decode()
            for entry in tar
        }
    manifest = json.loads(texts["manifest.json"])
    missing = {part["name"]: part["missing"] for part in manifest["parts"] if part["missing"]}
    # What containers use is measured over a second, for which a busy machine has no time; and not
    # every folder of logs that a guide names is there in our containers.
    needed = [
        name
        for name, why in missing.items()
        if not name.endswith("usage.json") and "No such file" not in why
    ]
    assert not [name for name in needed if name.startswith(("services/", "compose/"))], missing
    service = _STORES[system.name]
    [inspected] = json.loads(texts[f"services/{service}/inspect.json"])["containers"]
    assert inspected["Id"] == system.project.container(service).id
    assert texts[f"services/{service}/output.log"]
    project = system.project.name
    assert all(
        each["name"].startswith(project)
        for each in json.loads(texts["compose/volumes.json"])["volumes"]
    )
    [network] = json.loads(texts["compose/networks.json"])["networks"]
    assert system.project.container(service).name in network["members"]
    assert "services:" in json.loads(texts["compose/effective.json"])["text"]
    assert any(name.startswith(f"datastores/{service}/") for name in texts), sorted(texts)

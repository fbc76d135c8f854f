"""Azurite and TerminusDB (by contract): archived while they are down, destroyed, restored."""

import json
import os
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from bot.workspace.testing import running_workspace
from playbooks.model.facts import FactQuery
from playbooks.model.stack_file import load_stack
from playbooks.operations.drill import DRILL, StackDrillParams
from tests.support.bot import Bot, interlock_yaml
from tests.support.depot import inside, tree
from tests.support.docker import Project
from tests.support.harbor_office import (
    ADMIN_PASS,
    blobs,
    harbor_office,
    make_boxes,
    put_blobs,
    terminus,
)
from tests.support.run_plan import Bench
from tests.support.talk import card_in, new_card, payload, press, run_to_the_end, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_STORAGE = "/app/terminusdb/storage"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Both servers run and are healthy."""
    with harbor_office(tmp_path_factory.mktemp("office")) as project:
        project.compose("up", "--detach", "--wait")
        yield project


@pytest.fixture(scope="module")
def bot(office: Project) -> Iterator[Bot]:
    """A bot that operates them."""
    folder = office.folder
    (folder / "interlock.yaml").write_text(json.dumps(interlock_yaml(office.stack_file.name)))
    with (
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        running = Bot(folder, Sim(workspace, http))
        running.start()
        try:
            yield running
        finally:
            running.end()


def ended(bot: Bot, text: str, *voters: str) -> str:
    return run_to_the_end(bot, text, voters, seconds=180)


@pytest.mark.covers("B1 B8", "A", only="Azurite")
@pytest.mark.covers("B1 B8", "A", only="Azurite")
def test_every_blob_comes_back(office: Project, bot: Bot) -> None:
    """Azurite is down for the copy; blobs lost, changed and added are as in the backup again, and
    the index agrees with them."""
    contents = {
        "manifest.json": b'{"boxes": 3}',
        "deep/er/box ü": os.urandom(2_000_000),
        "empty": b"",
    }
    make_boxes(office)
    put_blobs(office, contents)
    since = office.container("azurite").since
    ended(bot, "backup office azurite", "ben")
    assert office.container("azurite").since != since
    assert blobs(office) == contents

    put_blobs(office, {"manifest.json": b"{}", "added": b"later"})
    inside(office, "cd /data/__blobstorage__ && ls | head -n 1 | xargs rm", "azurite")
    asked = new_card(bot, "restore office azurite latest")
    assert "azurite is down while" in text_of(asked)
    request = payload(asked)["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, seconds=180)
    assert blobs(office) == contents
    assert office.container("azurite").health == "healthy"


def drilled(office: Project, datastore: str) -> list[tuple[str, bool]]:
    """The checks of a drill of the newest backup, and whether they passed."""
    bench = Bench(load_stack(office.stack_file))
    query = FactQuery(fact="repository.list")
    listed = bench.read([query]).of(query)["backups"]
    newest = next(b["id"] for b in listed if datastore in b["stores"] and b["origin"] == "asked")
    params = StackDrillParams(datastores=(datastore,), backup={datastore: newest})
    bench.run(bench.plan(DRILL, params))
    checks = bench.outputs[f"rehearse.{datastore}"]["checks"]
    return [(check["name"], check["ok"]) for check in checks]


_PASSED = [
    ("unpacks", True),
    ("contents, owners, modes and times", True),
    ("its server starts on it and is healthy", True),
]


@pytest.mark.covers("B11", "A", only="Azurite")
@pytest.mark.covers("B11", "A", only="Azurite")
def test_a_drill_starts_azurite_on_what_was_restored(office: Project) -> None:
    """In a throwaway container without a network: digest compared, then served and healthy."""
    before = office.container("azurite").since
    assert drilled(office, "azurite") == _PASSED
    assert office.container("azurite").since == before


@pytest.mark.covers("B1 B8", "S", by_contract=True, only="TerminusDB")
@pytest.mark.covers("B1 B8", "S", by_contract=True, only="TerminusDB")
def test_terminusdb_by_contract_comes_back_after_its_volume_is_lost(
    office: Project, bot: Bot
) -> None:
    """By contract: documents and the admin's password are there again, in a new volume."""
    terminus(office, "POST", "/api/db/admin/production", {"label": "production"})
    documents = [{"@id": f"Ship/{number}", "name": "«ß»"} for number in range(500)]
    terminus(office, "POST", "/api/document/admin/production", documents)
    ended(bot, "backup office terminusdb", "ben")
    assert len(terminus(office, "GET", "/api/document/admin/production")) == 500
    terminus(office, "DELETE", "/api/db/admin/production")
    ended(bot, "stop office terminusdb", "ben")
    office.compose("rm", "--force", "terminusdb")
    volume = ["docker", "volume", "rm", f"{office.name}_terminusdb"]
    subprocess.run(volume, check=True, capture_output=True)
    ended(bot, "restore office terminusdb latest", "ben", "cleo")
    whole = tree(office, _STORAGE, "terminusdb")
    assert ADMIN_PASS not in whole
    ended(bot, "start office terminusdb", "ben")
    assert terminus(office, "GET", "/api/document/admin/production") == documents
    assert terminus(office, "GET", "/api/db") == [{"path": "admin/production"}]


@pytest.mark.covers("B11", "S", by_contract=True, only="TerminusDB")
@pytest.mark.covers("B11", "S", by_contract=True, only="TerminusDB")
def test_a_drill_of_terminusdb_by_contract_serves_from_a_fresh_volume(office: Project) -> None:
    """By contract: the server answers /api/ok over the restored storage."""
    assert drilled(office, "terminusdb") == _PASSED

import io
import json
import tarfile

import pytest
from backports.zstd import ZstdFile

from tests.support.bot import Bot, wait_until
from tests.support.talk import ask, ask_patiently, newest_file, run_to_the_end

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def _opened(bot: Bot, file: str) -> dict[str, str]:
    """The texts in a bundle that was sent, by name."""
    packed = bot.sim.http.get(f"/sim/files/{file}")
    assert packed.status_code == 200
    with (
        ZstdFile(io.BytesIO(packed.content)) as stream,
        tarfile.open(fileobj=io.BytesIO(stream.read())) as tar,
    ):
        return {
            entry.name.partition("/")[2]: (tar.extractfile(entry) or io.BytesIO()).read().decode()
            for entry in tar
        }


def test_a_bundle_is_sent_to_those_who_may_and_deleted_in_time(shared: Bot) -> None:
    """Only with the permission `download`; complete, redacted, audited; gone after a day, though
    the bot was killed meanwhile."""
    run_to_the_end(shared, "start harbor")
    log = shared.folder / "services" / "api.log"
    with log.open("a") as file:
        file.write("ERROR cannot reach postgres://api:Tr0ub4dor@db/harbor\n")
    refused = ask_patiently(shared.sim, "diagnose harbor", user="ana")
    assert "You may not download backups or diagnostics of harbor" in refused
    said = ask_patiently(shared.sim, "diagnose harbor", user="dora")
    assert "in your direct messages" in said and "then it is deleted" in said
    sent = newest_file(shared.sim, "dora")
    assert sent["name"].endswith(".tar.zst")
    texts = _opened(shared, sent["id"])
    assert "cannot reach" in texts["services/api/output.log"]
    assert not any("Tr0ub4dor" in text for text in texts.values())
    manifest = json.loads(texts["manifest.json"])
    assert manifest["made_by"] == "dora" and manifest["stack"] == "harbor"
    assert json.loads(texts["services/api/state.json"])["state"] == "running"
    assert json.loads(texts["runs.json"])[0]["operation"] == "start"
    named = {part["name"] for part in manifest["parts"] if not part["missing"]}
    assert named == set(texts) - {"manifest.json"}
    assert "file.sent" in ask(shared.sim, "audit harbor", user="dora")
    shared.kill()
    shared.ahead = 25 * 3600.0
    shared.start()
    wait_until(lambda: newest_file(shared.sim, "dora").get("mode") == "tombstone", "its end", 30)
    assert shared.sim.http.get(f"/sim/files/{sent['id']}").status_code == 404
    assert "file.deleted" in ask(shared.sim, "audit harbor", user="dora")

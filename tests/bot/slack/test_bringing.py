"""What people bring is taken in as a backup and restored: from disk, from Slack, from elsewhere."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside
from tests.support.harbor import tree_of
from tests.support.talk import (
    ask,
    card_in,
    cards,
    ephemeral_to,
    payload,
    run_to_the_end,
    text_of,
)
from tests.support.workspace import Sim, eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """Two stacks, harbor and quay, of which quay may have the backups of harbor."""
    folder = tmp_path_factory.mktemp("bringing")
    with (
        running_workspace(state=folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30) as http,
        bot_beside(Sim(workspace, http), folder / "bot") as made,
    ):
        _add_quay(made.folder)
        made.start()
        yield made


def _add_quay(folder: Path) -> None:
    harbor = json.loads((folder / "harbor.yaml").read_text())
    (folder / "incoming").mkdir()
    harbor["backup"]["incoming"] = str(folder / "incoming")
    (folder / "harbor.yaml").write_text(json.dumps(harbor))
    (folder / "quay-uploads").mkdir()
    quay = {
        "name": "quay",
        "environment": "staging",
        "channel": "ops-harbor",
        "datastores": {"uploads": {"kind": "files", "path": str(folder / "quay-uploads")}},
        "backup": {"repository": f"file://{folder / 'quay-backups'}"},
    }
    (folder / "quay.yaml").write_text(json.dumps(quay))
    policy = json.loads((folder / "interlock.yaml").read_text())
    policy["stacks"].append("quay.yaml")
    policy["across"] = [{"from": "prod/harbor", "into": "staging/*"}]
    (folder / "interlock.yaml").write_text(json.dumps(policy))


@pytest.fixture
def uploads(bot: Bot) -> Path:
    """The folder of harbor with something in it."""
    folder = bot.folder / "uploads"
    (folder / "deep").mkdir(exist_ok=True)
    (folder / "one.txt").write_text("one")
    (folder / "deep" / "schön 2.bin").write_bytes(bytes(range(256)))
    return folder


def taken_in(bot: Bot, text: str, user: str = "ana") -> dict[str, Any]:
    """The card of what was taken in without any approval."""
    known = {payload(card)["request"] for card in cards(bot.sim)}
    said = ask(bot.sim, text, user=user)
    assert "IMPORT" in said, said
    return newest(bot, known)


def newest(bot: Bot, known: set[str]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        new = [card for card in cards(bot.sim) if payload(card)["request"] not in known]
        return new[-1] if new else None

    return card_in(bot.sim, "succeeded", payload(eventually(look, "a card"))["request"])


def restored(bot: Bot, text: str) -> None:
    run_to_the_end(bot, text, ("ben", "cleo"))


def test_a_backup_on_disk_is_verified_taken_in_and_restored(bot: Bot, uploads: Path) -> None:
    """A folder that Interlock made, brought back from elsewhere: as good as on its first day;
    `latest` never means it."""
    whole = tree_of(uploads)
    run = run_to_the_end(bot, "backup harbor uploads", ())
    [made] = (bot.folder / "backups" / "harbor").glob(f"*-{run}")
    (bot.folder / "incoming" / "usb").mkdir(exist_ok=True)
    brought = made.rename(bot.folder / "incoming" / "usb" / made.name)
    (uploads / "one.txt").write_text("changed")

    card = taken_in(bot, f"restore harbor uploads --from usb/{brought.name}")
    run = payload(card)["request"]
    said = [text_of(each) for each in bot.sim.messages(channel="ops-harbor")]
    assert any(f"`/ops restore harbor uploads {run}` restores it." in each for each in said)
    assert "There is no backup of uploads yet" in ask(bot.sim, "restore harbor uploads latest")
    restored(bot, f"restore harbor uploads {run}")
    assert tree_of(uploads) == whole


def test_a_changed_backup_is_refused(bot: Bot, uploads: Path) -> None:
    """One flipped byte, and nothing is published; neither is anything from outside the folder."""
    run = run_to_the_end(bot, "backup harbor uploads", ())
    [made] = (bot.folder / "backups" / "harbor").glob(f"*-{run}")
    brought = made.rename(bot.folder / "incoming" / made.name)
    artifact = next(brought.glob("uploads.tar*"))
    content = bytearray(artifact.read_bytes())
    content[len(content) // 2] ^= 1
    artifact.write_bytes(bytes(content))
    before = sorted((bot.folder / "backups" / "harbor").glob("*/manifest.json"))
    known = {payload(card)["request"] for card in cards(bot.sim)}
    ask(bot.sim, f"restore harbor uploads --from {brought.name}")

    def failed() -> bool:
        new = [payload(card) for card in cards(bot.sim) if payload(card)["request"] not in known]
        return bool(new) and new[-1]["state"] in {"failed", "undone"}

    eventually(failed, "the import to fail")
    assert sorted((bot.folder / "backups" / "harbor").glob("*/manifest.json")) == before
    said = ask(bot.sim, "restore harbor uploads --from /etc/passwd")
    assert f"/etc/passwd is not below {bot.folder}/incoming" in said
    (bot.folder / "incoming" / "note.txt").write_text("a letter")
    assert "nothing that can be restored" in ask(bot.sim, "restore harbor uploads --from note.txt")


@pytest.mark.parametrize("packing", [[], ["--zstd"], ["--gzip"]])
def test_an_archive_on_disk_becomes_a_backup(bot: Bot, uploads: Path, packing: list[str]) -> None:
    """A tar that somebody made, plain or compressed, with names of its own kind."""
    whole = tree_of(uploads)
    archive = bot.folder / "incoming" / f"brought{len(packing)}.tar"
    subprocess.run(
        ["tar", "--create", "--format=pax", *packing, "-f", archive, "-C", uploads, "."], check=True
    )
    (uploads / "one.txt").unlink()
    (uploads / "strange").write_text("not from here")
    card = taken_in(bot, f"restore harbor uploads --from {archive.name}")
    assert "an archive of files" in text_of(card)
    restored(bot, f"restore harbor uploads {payload(card)['request']}")
    names = {name: found[-1] for name, found in tree_of(uploads).items()}
    assert names == {name: found[-1] for name, found in whole.items()}


def uploaded(sim: Sim, name: str, content: bytes, thread_ts: str | None = None) -> dict[str, Any]:
    """A file in the channel, and the message that it is in."""
    asked = sim.api("files.getUploadURLExternal", filename=name, length=str(len(content)))
    assert asked["ok"], asked
    sent = sim.http.post(httpx.URL(asked["upload_url"]).path, files={"file": (name, content)})
    assert sent.status_code == 200, sent.text
    more = {"thread_ts": thread_ts} if thread_ts else {}
    files = [{"id": asked["file_id"], "title": name}]
    done = sim.api("files.completeUploadExternal", files=files, channel_id="C0OPS", **more)
    assert done["ok"], done
    file: dict[str, Any] = done["files"][0]
    return file


def test_a_file_in_slack_is_named_by_its_link_or_by_its_thread(bot: Bot, uploads: Path) -> None:
    """A link after `--from`, and a mention under the file: both take in that very file."""
    archive = bot.folder / "from-slack.tar.gz"
    subprocess.run(["tar", "--gzip", "-cf", archive, "-C", uploads, "."], check=True)
    file = uploaded(bot.sim, "from slack.tar.gz", archive.read_bytes())
    (uploads / "one.txt").write_text("changed")
    card = taken_in(bot, f"restore harbor uploads --from {file['permalink']}")
    run = payload(card)["request"]
    said = ask(bot.sim, f"backups show {run}")
    assert "from from_slack.tar.gz, uploaded in Slack" in said
    restored(bot, f"restore harbor uploads {run}")
    assert (uploads / "one.txt").read_text() == "one"

    (uploads / "one.txt").write_text("changed again")
    known = {payload(each)["request"] for each in cards(bot.sim)}
    [share] = file["shares"]["public"]["C0OPS"]
    bot.sim.act(
        "message",
        user="ana",
        channel="ops",
        text="<@U0INTERLK> restore harbor uploads",
        thread_ts=share["ts"],
    )
    card = newest(bot, known)
    assert "IMPORT prod/harbor uploads" in card["text"]


def test_an_upload_that_is_gone_or_too_large_is_explained(bot: Bot, uploads: Path) -> None:
    """Slack's own word for it, and nothing is taken in."""
    said = ask(bot.sim, "restore harbor uploads --from F0NOSUCHFILE")
    assert "file_not_found" in said and "has to be in the channel" in said
    assert "takes in no files" in ask(bot.sim, "restore quay uploads --from F0NOSUCHFILE")


def test_another_stacks_backup_needs_a_word_of_policy_and_a_role(bot: Bot, uploads: Path) -> None:
    """Refused without the role, refused the other way round; allowed, the plan names both."""
    run_to_the_end(bot, "backup harbor uploads", ())
    refused = ask(bot.sim, "restore harbor uploads latest --into quay")
    assert "You may not download backups or diagnostics of harbor" in refused
    card = taken_in(bot, "restore harbor uploads latest --into quay", user="dora")
    assert "IMPORT staging/quay uploads" in card["text"] and "of prod/harbor" in card["text"]
    run = payload(card)["request"]
    restored(bot, f"restore quay uploads {run}")
    assert (bot.folder / "quay-uploads" / "one.txt").read_text() == "one"

    run_to_the_end(bot, "backup quay uploads", ())
    back = ask(bot.sim, "restore quay uploads latest --into harbor", user="dora")
    assert "Policy keeps the data of staging/quay out of prod/harbor" in back
    assert not [each for each in cards(bot.sim) if payload(each)["state"] == "pending"]


def test_what_does_not_go_together_is_said(bot: Bot) -> None:
    """Taking in and restoring are two requests."""
    for words in ("latest --from x.tar", "--from x.tar --beside", "--undo --into quay"):
        said = ask(bot.sim, f"restore harbor uploads {words}")
        assert "--from" in said
    said = ask(bot.sim, "restore harbor uploads latest --into harbor", user="dora")
    assert "is the stack itself" in said
    assert ephemeral_to(bot.sim, "eve") == []

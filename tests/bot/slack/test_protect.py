"""Backup, restore and undo of a folder, asked, approved and carried out through Slack."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.bot import Bot, wait_until
from tests.support.talk import (
    ask,
    card_in,
    cards,
    newest_file,
    payload,
    press,
    run_to_the_end,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def backup(shared: Bot) -> str:
    """The folder is backed up; the id of the backup."""
    run = run_to_the_end(shared, "backup harbor", voters=())
    found = re.search(rf"\d{{8}}-\d{{6}}-{run}", ask(shared.sim, "backups harbor"))
    assert found
    return found[0]


def test_backups_are_listed_shown_and_verified(shared: Bot, backup: str) -> None:
    """`backups` lists, `show` shows one by its id or run, `verify` reads all of it in a run."""
    run = backup.rpartition("-")[2]
    assert "uploads.tar" in ask(shared.sim, f"backups show {run}")
    assert f"There is no backup called `{backup[:-2]}zz`" in ask(
        shared.sim, f"backups show {backup[:-2]}zz"
    )
    run_to_the_end(shared, f"backups verify {backup}", voters=())


def test_files_of_a_backup_are_for_those_who_may(shared: Bot, backup: str) -> None:
    """`backups get` gives the paths to the role that has it, and both answers are audited."""
    refused = ask(shared.sim, f"backups get {backup}")
    assert "You may not download backups or diagnostics of harbor" in refused
    assert "auditor" in refused
    said = ask(shared.sim, f"backups get {backup} uploads", user="dora")
    assert f"harbor/{backup}/uploads.tar" in said and "SHA-256" in said
    noted = ask(shared.sim, "audit harbor", user="dora")
    assert "access.granted" in noted and "access.refused" in noted


def test_everything_is_verified_and_nothing_is_pruned_without_a_plan(
    shared: Bot, backup: str
) -> None:
    """`verify` reads all in a run; the dry run of `prune` says why each backup stays."""
    run_to_the_end(shared, "verify harbor all", voters=())
    said = ask(shared.sim, "prune harbor")
    assert "Nothing to do" in said and "Every backup is kept by a rule" in said
    assert "the last good backup of uploads" in ask(shared.sim, "plan prune harbor")


def test_a_time_that_is_none_is_explained(shared: Bot, backup: str) -> None:
    """Neither an id nor a time: the answer says what can be typed."""
    said = ask(shared.sim, "restore harbor uploads whenever")
    assert "names no backup" in said
    assert backup in said


def test_restore_and_undo(shared: Bot, backup: str) -> None:
    """Two approvers let a restore run; its Undo brings the newer state back."""
    file = shared.folder / "uploads" / "one.txt"
    file.write_text("changed")
    ask(shared.sim, "restore harbor uploads latest")
    card = card_in(shared.sim, "pending")
    request = payload(card)["request"]
    assert "RESTORE prod/harbor uploads" in card["text"]
    press(shared.sim, card, "approve", "ben")
    press(shared.sim, card_in(shared.sim, "pending", request), "approve", "cleo")
    done = card_in(shared.sim, "succeeded", request)
    assert file.read_text() == "one"
    press(shared.sim, done, "undo", "ana")
    undo = payload(card_in(shared.sim, "pending"))["request"]
    press(shared.sim, card_in(shared.sim, "pending", undo), "approve", "ben")
    press(shared.sim, card_in(shared.sim, "pending", undo), "approve", "cleo")
    card_in(shared.sim, "succeeded", undo)
    assert file.read_text() == "changed"
    assert "PLAN ONLY" in ask(shared.sim, "plan restore harbor uploads --undo")
    listed = ask(shared.sim, "backups harbor")
    assert "Kept by restores" in listed
    assert re.search(rf"uploads\.interlock-{request}.* replaced .*by run `{request}`", listed)


def test_a_runbook_names_the_commands(shared: Bot, backup: str) -> None:
    """`plan … --paper` prints the commands of every step."""
    before = len(cards(shared.sim))
    ask(shared.sim, "plan restore harbor uploads latest --paper", channel="incidents")
    found = newest_file(shared.sim, "ana")
    content = httpx.get(f"{shared.sim.workspace.url}/sim/files/{found['id']}").text
    assert "tar --extract" in content
    assert "mv --no-target-directory" in content
    assert len(cards(shared.sim)) == before


def test_two_first_backups_asked_at_once_both_succeed(bot: Bot) -> None:
    """The second one waits for the first, which makes the repository, and then just goes on."""
    bot.start()
    with ThreadPoolExecutor(2) as people:
        list(people.map(lambda who: bot.sim.command("backup harbor", who, "ops"), ("ana", "ben")))
    wait_until(
        lambda: len([c for c in cards(bot.sim) if payload(c)["state"] == "succeeded"]) == 2,
        f"two backups; there is {[payload(card) for card in cards(bot.sim)]}",
        60,
    )
    assert len(cards(bot.sim)) == 2, "nothing was asked anew"

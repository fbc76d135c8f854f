"""Every subcommand, typed by people in a workspace and answered by the running bot."""

import httpx
import pytest

from tests.support.bot import Bot
from tests.support.talk import ask, card_in, cards, newest_file, payload, press, run_to_the_end
from tests.support.workspace import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def up(shared: Bot) -> str:
    """The stack is up; the id of the run that started it."""
    return run_to_the_end(shared, "start harbor")


def test_nothing_typed_is_help(shared: Bot) -> None:
    """`/ops` alone names every subcommand on one page, and says of the usual ones what they do."""
    said = ask(shared.sim, "")
    assert "`restart STACK [SERVICE]`\nstop and start again" in said
    for name in ("status", "logs", "start", "stop", "restart", "backup", "backups", "restore"):
        assert f"`{name}" in said
    for name in ("help", "plan", "approvals", "runs", "run", "cancel", "audit"):
        assert f"`{name}" in said


def test_help_of_a_room(shared: Bot) -> None:
    """`help protect` has the usage of all that protects, with what it does, and nothing else."""
    said = ask(shared.sim, "help Protect")
    assert "`backup STACK [DATASTORE|all]`\nback up a stack's datastores" in said
    assert "`prune STACK`" in said
    assert "incident" not in said


@pytest.mark.parametrize("text", ["help restore", "restore -h", "restore harbor —help"])
def test_help_of_one(shared: Bot, text: str) -> None:
    """`help SUB` and `-h` anywhere show usage, examples and the permission."""
    said = ask(shared.sim, text)
    assert "/ops restore STACK DATASTORE" in said
    assert "--beside" in said
    assert "Needs the permission `ask`" in said


@pytest.mark.parametrize(
    ("text", "near"),
    [
        (
            "restor harbor uploads",
            "Did you mean `restore`? For example: `/ops restore harbor uploads`",
        ),
        ("restor", "Did you mean `restore`? For example: `/ops restore harbor postgres latest`"),
        ("config harbor", "harbor is no compose project. Give its stack file a `compose`."),
        ("postmortem --impact Orders failed", "A text of several words goes in quotes"),
        ("action list", "No action is open"),
        ("status harbour", "Did you mean `harbor`?"),
        ("logs harbor apo", "Did you mean `api`?"),
        ("backup harbor upload", "Did you mean `uploads`?"),
        ("restore harbor uplods latest", "Did you mean `uploads`?"),
        ("logs harbor api --lins 3", "Did you mean `--lines`?"),
        ("logs harbor api --lines many", "`--lines` should be a whole number from 1 to 10000"),
        ("logs harbor api --since whenever", "`--since` should be how long ago"),
        ("run zzzzzz", "There is no request 'zzzzzz'"),
    ],
)
def test_mistakes_are_answered_with_the_nearest(shared: Bot, text: str, near: str) -> None:
    """A typo, an unknown name or a wrong type says what was expected."""
    assert near in ask(shared.sim, text)


def test_status_says_what_is_up(shared: Bot, up: str) -> None:
    """`status` shows services with state and health, as they are now."""
    said = ask(shared.sim, "status harbor")
    assert "prod/harbor: 2 of 2 services up" in said
    assert "healthy" in said


def test_health_asks_every_service(shared: Bot, up: str) -> None:
    """`health` says what each answered and how fast; of one service alone too."""
    said = ask(shared.sim, "health harbor")
    assert "prod/harbor: 2 of 2 services healthy" in said
    assert " s\n" in said or " ms\n" in said
    assert "1 of 1 service healthy" in ask(shared.sim, "health harbor api")


def test_stats_show_what_is_used(shared: Bot, up: str) -> None:
    """`stats` has processor and memory of each service, and the host's."""
    said = ask(shared.sim, "stats harbor")
    assert "in 2 running parts" in said
    assert " MB" in said
    assert "memory available" in said


def test_logs_show_the_newest_lines(shared: Bot, up: str) -> None:
    """`logs` shows what the service wrote, and can search in it."""
    assert "listening on" in ask(shared.sim, "logs harbor api --lines 5 —grep “listening on”")
    assert "no such lines" in ask(shared.sim, "logs harbor api --grep nothing-like-this")


def test_a_long_log_becomes_a_file(shared: Bot, up: str) -> None:
    """What is too long for a message is uploaded whole, to the one who asked and nobody else."""
    public = shared.sim.messages()
    log = shared.folder / "services" / "api.log"
    lines = [f"2026-11-22T01:02:03Z a line of the log, number {n:05}" for n in range(2000)]
    with log.open("a") as file:
        file.write("\n".join(lines) + "\n")
    said = ask(shared.sim, "logs harbor api --lines 1500")
    assert "`harbor-api.log` is in your direct messages" in said
    file = newest_file(shared.sim, "ana")
    assert [each for each in shared.sim.messages() if each["files"]] == [
        each for each in public if each["files"]
    ]
    content = httpx.get(f"{shared.sim.workspace.url}/sim/files/{file['id']}").text
    assert "number 01999" in content
    assert len(content.splitlines()) == 1500


def test_nothing_to_do_is_an_answer(shared: Bot, up: str) -> None:
    """Starting what runs asks nobody, and says so."""
    before = len(cards(shared.sim))
    assert "Nothing to do" in ask(shared.sim, "start harbor api")
    assert len(cards(shared.sim)) == before


def test_a_plan_asks_for_nothing(shared: Bot, up: str) -> None:
    """`plan` shows steps and approvals without a request."""
    before = len(cards(shared.sim))
    said = ask(shared.sim, "plan restart harbor api")
    assert "PLAN ONLY: RESTART prod/harbor api" in said
    assert "2 needed" in said
    assert "Nothing was asked for" in said
    assert len(cards(shared.sim)) == before


def test_a_plan_on_paper_is_a_file(shared: Bot, up: str) -> None:
    """`plan … --paper` is a runbook in a file."""
    assert "Runbook" in ask(shared.sim, "plan stop harbor --paper", channel="incidents")
    file = newest_file(shared.sim, "ana")
    content = httpx.get(f"{shared.sim.workspace.url}/sim/files/{file['id']}").text
    assert content.startswith("# STOP prod/harbor all services")


def test_plan_only_plans(shared: Bot) -> None:
    """What makes no plan is refused by name."""
    assert "no subcommand that makes a plan called `runs`" in ask(shared.sim, "plan runs")


def test_runs_and_run(shared: Bot, up: str) -> None:
    """`runs` lists what was asked for, `run ID` shows one in full."""
    assert up in ask(shared.sim, "runs harbor")
    said = ask(shared.sim, f"run {up.upper()}")
    assert "START prod/harbor all services" in said
    assert "Start api" in said


def test_approvals_and_cancel(shared: Bot, up: str) -> None:
    """A pending request is listed, with what it means for the person, and can be withdrawn."""
    ask(shared.sim, "stop harbor web")
    request = payload(card_in(shared.sim, "pending"))["request"]
    assert "yours: somebody else approves it" in ask(shared.sim, "approvals")
    assert "you may approve it" in ask(shared.sim, "approvals", user="ben")
    assert "may cancel this" in ask(shared.sim, f"cancel {request}", user="eve")
    assert "withdrawn" in ask(shared.sim, f"cancel {request}")
    card_in(shared.sim, "cancelled", request)
    assert "Nothing waits" in ask(shared.sim, "approvals")


def test_audit_is_for_those_who_may(shared: Bot, up: str) -> None:
    """`audit` shows who did what, to the role that has it."""
    assert "on any stack" in ask(shared.sim, "audit")
    assert "You may not read the audit of" in ask(shared.sim, "audit harbor")
    said = ask(shared.sim, "audit harbor", user="dora")
    assert "request.asked" in said
    assert "access.refused" in said


def test_roles_are_checked_first(shared: Bot, up: str) -> None:
    """Who may only look is told which role it takes, before anything is read."""
    said = ask(shared.sim, "stop harbor", user="eve")
    assert "You may not ask for operations on harbor (prod)" in said
    assert "operator" in said


def test_no_backups_yet_says_what_to_do(shared: Bot) -> None:
    """An empty repository is explained, not an error of ours."""
    assert "There is none yet" in ask(shared.sim, "backups harbor")
    assert "no backup yet" in ask(shared.sim, "status harbor")
    assert "There is no backup called `nope`" in ask(shared.sim, "backups show nope")


def test_details_open_a_window(shared: Bot, up: str) -> None:
    """The Details button opens a modal with the whole plan."""
    ask(shared.sim, "stop harbor web")
    card = card_in(shared.sim, "pending")
    press(shared.sim, card, "details", "eve")

    def filled() -> bool:
        views = shared.sim.views(user="eve")
        return bool(views) and "Stop web" in str(views[-1])

    eventually(filled, "the modal with the plan")
    assert "withdrawn" in ask(shared.sim, f"cancel {payload(card)['request']}")


def test_undo_is_a_request_of_its_own(shared: Bot, up: str) -> None:
    """The Undo button of a finished run asks for the opposite, which others approve."""
    run = run_to_the_end(shared, "stop harbor web")
    press(shared.sim, card_in(shared.sim, "succeeded", run), "undo", "ana")
    card = card_in(shared.sim, "pending")
    assert payload(card)["operation"] == "start"
    press(shared.sim, card, "approve", "cleo")
    card_in(shared.sim, "succeeded", payload(card)["request"])

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import interlock

STACK = """\
name: harbor
environment: prod
channel: ops-harbor
services: {web: {ports: [80]}}
datastores:
  postgres: {kind: postgres, database: harbor, user: ops, password: env:NOT_SET_ANYWHERE}
"""


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["demo", "--prot", "1"], "interlock: No such option: --prot"),
        (["demmo"], "interlock: No such command 'demmo'. Did you mean 'demo'"),
        (["demo", "--port", "0"], "interlock: Invalid value for '--port'"),
        (["demo", "--port", "many"], "interlock: Invalid value for '--port'"),
        (["stack", "check"], "interlock: Missing argument 'FILE'"),
        (["stack", "check", "nowhere.yaml"], "nowhere.yaml:1: the file cannot be read"),
        (["run", "--config", "nowhere.yaml"], "nowhere.yaml:1: the file cannot be read"),
        (["audit", "verify", "--config", "nowhere.yaml"], "nowhere.yaml:1: the file cannot be"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_2(
    argv: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Typos and missing files end with one clear line on standard error and exit code 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-test-token")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-test-token")
    assert interlock(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(says)
    assert len(said.err.strip().splitlines()) == 1


def test_a_missing_token_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` without tokens says which variable is missing."""
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    assert interlock(["run"]) == 2
    said = capsys.readouterr().err
    assert "SLACK_BOT_TOKEN" in said
    assert len(said.strip().splitlines()) == 1


def test_stack_check_resolves_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good file is fine, though the secret it refers to is not set anywhere."""
    file = tmp_path / "harbor.yaml"
    file.write_text(STACK)
    assert interlock(["stack", "check", str(file)]) == 0
    said = capsys.readouterr().out
    assert f"{file}: prod/harbor is fine: 1 services (0 run by Interlock), 1 datastores" in said


def test_stack_check_tells_every_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad file ends with 2, a line a mistake, in the order of lines."""
    file = tmp_path / "harbor.yaml"
    file.write_text(STACK.replace("prod", "production").replace("env:NOT", "hunter2 NOT"))
    assert interlock(["stack", "check", str(file)]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert [line.removeprefix(f"{file}:").partition(":")[0] for line in said] == ["2", "6"]
    assert "hunter2" not in "".join(said)


def test_audit_verify_needs_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bot that never ran has no audit, which is said, and no database is made."""
    (tmp_path / "harbor.yaml").write_text(STACK)
    config = tmp_path / "interlock.yaml"
    config.write_text("stacks: [harbor.yaml]\n")
    assert interlock(["audit", "verify", "--config", str(config)]) == 2
    assert "There is no database" in capsys.readouterr().err
    assert not (tmp_path / "interlock.db").exists()
    (tmp_path / "interlock.db").write_bytes(b"")
    assert interlock(["audit", "verify", "--config", str(config)]) == 2
    assert "The audit cannot be read: " in capsys.readouterr().err


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` and no arguments show what there is; `version` says which one it is."""
    assert interlock(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in ("demo", "run", "workspace", "stack", "audit", "version"):
        assert name in shown
    assert interlock(["version"]) == 0
    assert capsys.readouterr().out.startswith("interlock")


def test_a_typo_is_answered_without_loading_the_bot() -> None:
    """The command line loads neither Slack nor the engine before it must."""
    program = (
        "import sys; from bot.cli import interlock; code = interlock(['demmo']); "
        "heavy = {'slack_bolt', 'dbos', 'sqlalchemy', 'starlette'} & set(sys.modules); "
        "print(code, sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == "2 []\n"

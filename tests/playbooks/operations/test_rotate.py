"""Rotating secrets that a program of the stack's own keeps, on this host; and the plans."""

import sys
from pathlib import Path
from typing import Any

import pytest

from playbooks.catalogue import ACTIONS
from playbooks.errors import ActionFailed, BadArgument
from playbooks.hosts.secret_places import forget, kept_at, put_back, write
from playbooks.model.plan import Risk, Step
from playbooks.model.rotation import SecretPlace
from playbooks.model.stack import Stack
from playbooks.operations.rotate import ROTATE, RotateParams
from tests.support.carry import call
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets, TestWork

OLD, NEW = "the-old-value-1", "the-new-value-2"
# Keeps one value in a file: `set` takes the old one and the new one, `check` one.
_KEEPER = """
import pathlib, sys
kept, words = pathlib.Path("kept"), sys.stdin.read().splitlines()
if sys.argv[1] == "set":
    if kept.read_text() != words[0]:
        sys.exit(3)
    kept.write_text(words[1])
elif sys.argv[1] == "check":
    sys.exit(kept.read_text() != words[0])
elif sys.argv[1] == "anybody":
    sys.exit(0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keeper.py").write_text(_KEEPER)
    (tmp_path / "kept").write_text(OLD)
    (tmp_path / ".env").write_text(f"# ours\nTOKEN='{OLD}'  # of the keeper\nOTHER=1\n")
    (tmp_path / "token.txt").write_text(f"{OLD}\n")
    (tmp_path / "token.txt").chmod(0o600)
    return tmp_path


def bench(folder: Path, check: str = "check", new: str = NEW) -> Bench:
    argv = [sys.executable, "keeper.py"]
    described: dict[str, Any] = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "secrets": {
            "token": {
                "kind": "script",
                "set": [*argv, "set"],
                "check": [*argv, check],
                "directory": str(folder),
                "places": [
                    {"file": str(folder / ".env"), "variable": "TOKEN"},
                    {"file": str(folder / "token.txt")},
                ],
            }
        },
    }
    references = {
        "env:NEW": new,
        f"file:{folder}/token.txt": OLD,
    }
    return Bench(Stack.model_validate(described), KnownSecrets(references))


PARAMS = RotateParams(secret="token", to="env:NEW")


def test_a_secret_of_a_program_is_rotated(folder: Path) -> None:
    """Both files and the program have the new value; nothing is kept of the old one."""
    made = bench(folder)
    plan = made.plan(ROTATE, PARAMS)
    assert plan.risk is Risk.DESTROY and OLD not in plan.model_dump_json()
    assert [step.key for step in plan.steps] == ["check", "write", "alter", "prove", "forget"]
    assert NEW not in plan.model_dump_json()
    made.run(plan)
    assert (folder / "kept").read_text() == NEW
    assert (folder / ".env").read_text() == f"# ours\nTOKEN={NEW}  # of the keeper\nOTHER=1\n"
    assert (folder / "token.txt").read_text() == f"{NEW}\n"
    assert (folder / "token.txt").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [
        ".env",
        "keeper.py",
        "kept",
        "token.txt",
    ]


def test_every_step_may_be_repeated(folder: Path) -> None:
    """A bot that is killed after a step's effect does the step again: nothing else comes of it."""
    made = bench(folder)
    plan, work = made.plan(ROTATE, PARAMS), made.work()
    assert all(step.idempotent for step in plan.steps)
    made.run(plan, work, before=lambda step: done_before(made, work, step))
    assert (folder / "kept").read_text() == NEW
    assert f"TOKEN={NEW}" in (folder / ".env").read_text()
    assert not list(folder.glob(".*interlock*"))


def done_before(made: Bench, work: TestWork, step: Step) -> None:
    """The step's effect, without anybody hearing of it."""
    call(step.call, work, ACTIONS, made.outputs)


def test_what_lets_everybody_in_proves_nothing(folder: Path) -> None:
    """A program that takes any value fails the proof; files and program have the old one again."""
    made = bench(folder, check="anybody")
    plan = made.plan(ROTATE, PARAMS)
    with pytest.raises(ActionFailed, match="is not refused: it lets in with any value"):
        made.run(plan)
    assert f"TOKEN='{OLD}'" in (folder / ".env").read_text()
    assert (folder / "token.txt").read_text() == f"{OLD}\n"
    assert not list(folder.glob(".*interlock*"))


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("short", "shorter than 12"),
        ("with 'both' and $dollar", "choose another"),
        ("two\nlines-of-text", "printable"),
    ],
)
def test_values_that_are_refused_beforehand(folder: Path, new: str, why: str) -> None:
    """A short value, and one that an env file cannot hold, never begin to be brought."""
    with pytest.raises(BadArgument, match=why):
        bench(folder, new=new).plan(ROTATE, PARAMS)


def test_a_present_value_that_is_wrong_is_found_out(folder: Path) -> None:
    """A file that says something else than what is let in is mended by people first."""
    (folder / "kept").write_text("somebody changed it")
    with pytest.raises(BadArgument, match="is not let in"):
        bench(folder).plan(ROTATE, PARAMS)


def test_the_same_value_is_nothing_to_do(folder: Path) -> None:
    """Rotating to what is there already changes nothing."""
    assert bench(folder, new=OLD).plan(ROTATE, PARAMS).nothing_to_do


def test_interlock_must_be_able_to_follow(tmp_path: Path) -> None:
    """A datastore whose password Interlock reads elsewhere is not rotated: it would lock us out."""
    (tmp_path / ".env").write_text(f"PASSWORD={OLD}\n")
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops",
            "datastores": {
                "db": {
                    "kind": "postgres",
                    "database": "db",
                    "user": "db",
                    "password": "env:ELSEWHERE",
                }
            },
            "secrets": {
                "password": {
                    "kind": "postgres",
                    "datastore": "db",
                    "places": [{"file": str(tmp_path / ".env"), "variable": "PASSWORD"}],
                }
            },
        }
    )
    made = Bench(stack, KnownSecrets({"env:NEW": NEW}))
    with pytest.raises(BadArgument, match="would be locked out"):
        made.plan(ROTATE, RotateParams(secret="password", to="env:NEW"))


def test_a_file_that_is_written_twice_goes_back_to_the_first(tmp_path: Path) -> None:
    """Writing again after a crash keeps what was there before the run; putting back needs no
    write."""
    file = tmp_path / "token"
    file.write_text("first")
    place = SecretPlace(file=file)
    put_back(place, "r1")
    write(place, "r1", "second-value")
    write(place, "r1", "third-value")
    assert file.read_text() == "third-value" and kept_at(place, "r1").read_text() == "first"
    put_back(place, "r1")
    forget(place, "r1")
    assert file.read_text() == "first" and list(tmp_path.iterdir()) == [file]

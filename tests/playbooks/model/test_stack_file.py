from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from playbooks.errors import StackFileError
from playbooks.model.datastores import FilesStore, PostgresStore
from playbooks.model.stack_file import load_model, load_stack

HARBOR = """\
name: harbor
environment: prod
channel: ops-harbor
services:
  api:
    process: {argv: [python, -m, api], directory: ., state: ../state}
    health: {kind: http, url: "http://127.0.0.1:1/health", expect: {status: healthy}}
  web:
    process:
      argv: [python, -m, web]
      directory: .
      state: state
      environment:
        API_TOKEN: file:secrets/token
    needs: [api]
datastores:
  postgres: {kind: postgres, host: ./run, database: harbor, user: ops, password: "file:pw"}
  uploads: {kind: files, path: uploads}
backup:
  repository: backups
  sets: {all: [postgres, uploads]}
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    """What load_stack says about `text`, without the folder."""
    path = tmp_path / "harbor.yaml"
    path.write_text(text)
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Every path, socket folder, repository and file reference comes out absolute."""
    (tmp_path / "harbor.yaml").write_text(HARBOR)
    stack = load_stack(tmp_path / "harbor.yaml")
    api, web = stack.services["api"].process, stack.services["web"].process
    postgres, uploads = stack.datastores["postgres"], stack.datastores["uploads"]
    assert api is not None and api.directory == tmp_path and api.state == tmp_path.parent / "state"
    assert web is not None and web.environment == {"API_TOKEN": f"file:{tmp_path}/secrets/token"}
    assert isinstance(postgres, PostgresStore) and postgres.host == f"{tmp_path}/run"
    assert postgres.password == f"file:{tmp_path}/pw"
    assert isinstance(uploads, FilesStore) and uploads.path == tmp_path / "uploads"
    assert stack.backup is not None and stack.backup.repository == f"file://{tmp_path}/backups"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "    needs: [api]",
            "    neds: [api]",
            "harbor.yaml:15: unknown key 'neds' in services.web; write 'needs'",
        ),
        (
            "channel: ops-harbor",
            "chanel: ops-harbor",
            "harbor.yaml:3: unknown key 'chanel'; write 'channel'",
        ),
        (
            "path: uploads}",
            "path: uploads, directory: x}",
            "harbor.yaml:18: unknown key 'directory' in datastores.uploads; "
            "use one of: kind, service, path",
        ),
        (
            "user: ops,",
            "user: ops, port: many,",
            "harbor.yaml:17: datastores.postgres.port is 'many'; write a whole number",
        ),
        (
            "needs: [api]",
            "needs: api",
            "harbor.yaml:15: services.web.needs is 'api'; write a list: [first, second] or one "
            "item a line after a dash",
        ),
        (
            "needs: [api]",
            "needs: [appi]",
            "harbor.yaml:15: services.web.needs names the unknown service 'appi'; write 'api'",
        ),
        (
            "[postgres, uploads]",
            "[postgres, xyz]",
            "harbor.yaml:21: backup.sets.all names the unknown datastore 'xyz'; "
            "use one of: postgres, uploads",
        ),
        (
            "    needs: [api]",
            "    needs: [api, web]",
            "harbor.yaml:15: services need each other in a circle: web needs web; "
            "remove one of these needs",
        ),
        (
            "environment: prod",
            "environment: production",
            "harbor.yaml:2: environment is 'production'; write 'prod'",
        ),
        (
            "kind: files",
            "kind: file",
            "harbor.yaml:18: kind 'file' is unknown; write 'files'",
        ),
        (
            "kind: files, ",
            "",
            "harbor.yaml:18: datastores.uploads needs 'kind'; write one of: postgres,",
        ),
        (
            "name: harbor",
            "name: harbor\nname: port",
            "harbor.yaml:2: the key 'name' is there twice, first on line 1; keep one",
        ),
        (
            "path: uploads}",
            "path: '${HOME}/uploads'}",
            "harbor.yaml:18: variables like ${HOME} are not filled in; write the value, "
            "or for a secret a reference like env:NAME",
        ),
        (
            "user: ops, password",
            "password",
            "harbor.yaml:17: the key 'user' is missing in datastores.postgres; add 'user: …'",
        ),
        ("needs: [api]", "needs: [api", "harbor.yaml:15: this is not YAML: the '[' is not closed"),
        ("name: harbor", "name: 2026-11-22", "harbor.yaml:1: name is datetime.date(2026, 11, 22)"),
        ("  web:\n", "  Web App:\n", "harbor.yaml:8: services.Web App: 'Web App' is no name"),
        ("needs: [api]", "needs:", "harbor.yaml:15: services.web.needs is empty; write a list"),
    ],
)
def test_a_mistake_is_one_line_with_what_to_write(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    """Each mistake names file and line, says what is wrong and what to write instead."""
    assert old in HARBOR
    found = problems(tmp_path, HARBOR.replace(old, new, 1))
    assert len(found) == 1
    assert found[0].startswith(line)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"file:pw"', "hunter2-hunter2", 17),
        ('"file:pw"', "[hunter2-hunter2]", 17),
        ("file:secrets/token", "hunter2-hunter2", 14),
        ("repository: backups", "repository: s3://me:hunter2-hunter2@host/x", 20),
    ],
)
def test_a_secret_in_plain_text_is_refused_unseen(
    tmp_path: Path, old: str, new: str, where: int
) -> None:
    """The line says how a reference is written, and never repeats the secret."""
    found = problems(tmp_path, HARBOR.replace(old, new, 1))
    assert len(found) == 1
    assert found[0].startswith(f"harbor.yaml:{where}: ")
    assert "env:NAME" in found[0] or "put it in quotes" in found[0]
    assert "hunter2" not in found[0]


def test_a_circle_is_named_in_order(tmp_path: Path) -> None:
    """A circle of needs is told service by service, at the line of one of its needs."""
    text = HARBOR.replace("  api:\n", "  api:\n    needs: [web]\n")
    (found,) = problems(tmp_path, text)
    assert found.startswith(("harbor.yaml:6: ", "harbor.yaml:16: "))
    assert "api needs web needs api" in found or "web needs api needs web" in found


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Somebody who mends a file sees everything there is to mend, in the order of lines."""
    text = HARBOR.replace("channel", "chanel").replace("needs: [api]", "needs: [appi]")
    found = problems(tmp_path, text)
    assert [line.split(": ")[0] for line in found] == [
        "harbor.yaml:3",
        "harbor.yaml:15",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("- a\n", "the file is a list; write a mapping"),
        ("a: &x [1]\nb: *x\n", "used again as an alias"),
        ("a: &x [*x]\n", "used again as an alias"),
        ("a: !!python/object:os.system {}\n", "could not determine a constructor"),
        ("? [a]\n: b\n", "a key is a list"),
        ("a: 2026-13-45\n", "month must be in 1..12"),
    ],
)
def test_strange_yaml_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    """Nothing that YAML can do gets past safe loading, and none of it is a traceback."""
    found = problems(tmp_path, text)
    assert any(says in line for line in found)
    assert all(line.startswith("harbor.yaml:") for line in found)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """A missing file is a StackFileError like any other mistake."""
    with pytest.raises(StackFileError, match=r"nowhere\.yaml:1: the file cannot be read"):
        load_stack(tmp_path / "nowhere.yaml")


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    stacks: tuple[Path, ...]


def test_any_model_can_be_loaded(tmp_path: Path) -> None:
    """load_model knows nothing of stacks and still makes paths absolute."""
    path = tmp_path / "interlock.yaml"
    path.write_text("stacks: [stacks/harbor.yaml, ../b.yaml, /c.yaml]\n")
    loaded = load_model(path, Settings)
    assert loaded.stacks == (
        tmp_path / "stacks/harbor.yaml",
        tmp_path.parent / "b.yaml",
        Path("/c.yaml"),
    )


class Rules(BaseModel):
    rules: tuple[dict[str, int], ...]

    @model_validator(mode="after")
    def _are_right(self) -> "Rules":
        raise ValueError("rules[1].from asks for the impossible; ask for less")


def test_a_message_that_opens_with_a_key_has_the_line_of_that_key(tmp_path: Path) -> None:
    """A model's own check points at a line by opening its message with the key."""
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  - from: 1\n  - to: 2\n    from: 3\n")
    with pytest.raises(StackFileError) as caught:
        load_model(path, Rules)
    assert str(caught.value) == f"{path}:4: rules[1].from asks for the impossible; ask for less"

"""The command lines of the compose plugin, and its reading of files."""

from pathlib import Path

import pytest

from playbooks.errors import HostError
from playbooks.hosts.compose import images_of, start_argv, stop_argv
from playbooks.model.compose import Compose
from tests.support.docker import require_docker

_FILE = """
services:
  web: {{image: "{image}", environment: {{PASSWORD: "${{SECRET}}"}}}}
  extra: {{image: extra:1, profiles: [more]}}
"""


@pytest.fixture
def compose(tmp_path: Path) -> Compose:
    """A project of one file, with a service in a profile."""
    (tmp_path / "compose.yaml").write_text(_FILE.format(image="web:${VERSION}"))
    (tmp_path / "values.env").write_text("VERSION=7\nSECRET=hush\n")
    return Compose(
        project="tide", files=(tmp_path / "compose.yaml",), env_files=(tmp_path / "values.env",)
    )


def test_argv_names_project_files_and_values(compose: Compose) -> None:
    """Starting makes nothing anew and pulls nothing; stopping leaves the time to the file."""
    start = start_argv(compose, "web")
    assert start[:4] == ("docker", "compose", "--project-name", "tide")
    assert start[start.index("--file") + 1] == str(compose.files[0])
    assert start[start.index("--env-file") + 1] == str(compose.env_files[0])
    assert {"--no-deps", "--no-recreate", "--no-build"} < set(start) and start[-1] == "web"
    assert "--timeout" not in stop_argv(compose, "web")
    assert stop_argv(compose, "web", 12.4)[-3:] == ("--timeout", "12", "web")


def test_files_are_read_by_the_plugin(compose: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values come from the env file alone, profiles count, and a change is seen."""
    require_docker()
    monkeypatch.setenv("VERSION", "8")
    assert images_of(compose) == {"web": "web:7"}
    more = compose.model_copy(update={"profiles": ("more",)})
    assert images_of(more) == {"web": "web:7", "extra": "extra:1"}
    compose.files[0].write_text(_FILE.format(image="web:9"))
    assert images_of(compose) == {"web": "web:9"}


def test_broken_files_are_told(compose: Compose) -> None:
    """The plugin's own words, or the file that is not there."""
    require_docker()
    compose.files[0].write_text("services: {web: {imagine: x}}")
    with pytest.raises(HostError, match="imagine"):
        images_of(compose)
    compose.files[0].unlink()
    with pytest.raises(HostError, match="cannot be read"):
        images_of(compose)

"""Repositories and copies in a stack file."""

from pathlib import Path

import pytest

from playbooks.errors import StackFileError
from playbooks.model.stack_file import load_stack

HARBOR = """\
name: harbor
environment: prod
channel: ops-harbor
datastores:
  uploads: {kind: files, path: uploads}
backup:
  repository: s3://harbor-backups/prod
  access: {endpoint: "https://s3.example", key_id: AKIAEXAMPLE, key: "file:s3-key"}
  copies:
    - repository: ../elsewhere
    - {repository: azure://harborstore/backups, access: {key: "file:az-key"}}
"""


def test_copies_are_places_like_the_repository(tmp_path: Path) -> None:
    """URLs stay as they are; paths and references are relative to the file."""
    (tmp_path / "harbor.yaml").write_text(HARBOR)
    rules = load_stack(tmp_path / "harbor.yaml").backup
    assert rules is not None and rules.access is not None
    assert rules.repository == "s3://harbor-backups/prod"
    assert rules.access.key == f"file:{tmp_path}/s3-key"
    folder, container = rules.copies
    assert folder.repository == f"file://{tmp_path.parent}/elsewhere"
    assert container.repository == "azure://harborstore/backups"
    assert container.access is not None and container.access.key == f"file:{tmp_path}/az-key"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("s3://harbor-backups/prod", "ftp://host/x", 7, "file:///FOLDER, s3://BUCKET/PREFIX"),
        ("s3://harbor-backups/prod", "s3:///prod", 7, "write s3://BUCKET/PREFIX"),
        ("azure://harborstore/backups", "azure://harborstore", 11, "azure://ACCOUNT/CONTAINER"),
        ("../elsewhere", "s3://harbor-backups/prod/", 6, "again; name another place"),
        ('"file:s3-key"', "abcdefghijklmnop", 8, "env:NAME"),
        ("s3://harbor-backups/prod", "backups", 6, "access is for s3:// and azure://"),
    ],
)
def test_a_place_that_cannot_be_is_one_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    """The line, and what to write instead; never a secret."""
    path = tmp_path / "harbor.yaml"
    path.write_text(HARBOR.replace(old, new, 1))
    with pytest.raises(StackFileError) as caught:
        load_stack(path)
    (found,) = str(caught.value).splitlines()
    assert found.startswith(f"{path}:{line}: ") and said in found
    assert "abcdefghijklmnop" not in found

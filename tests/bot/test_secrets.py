from pathlib import Path

import pytest

from bot.secrets import References
from playbooks.errors import SecretUnavailable


def references(tmp_path: Path, heard: list[str]) -> References:
    return References(heard.append, {"PG": "s3cret-value", "EMPTY": ""}, tmp_path / "run")


@pytest.mark.covers("G6", "RNSAC", only="env, file and docker secrets")
def test_each_kind_resolves_and_is_told(tmp_path: Path) -> None:
    """env, file and docker-secret give their value, and the listener hears each of them."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "token").write_text("docker-value\n")
    (tmp_path / "pw").write_text("file value \n")
    heard: list[str] = []
    secrets = references(tmp_path, heard)
    assert secrets.resolve("env:PG").reveal() == "s3cret-value"
    assert secrets.resolve(f"file:{tmp_path}/pw").reveal() == "file value "
    assert secrets.resolve("docker-secret:token").reveal() == "docker-value"
    assert heard == ["s3cret-value", "file value ", "docker-value"]
    assert "s3cret" not in f"{secrets.resolve('env:PG')}"


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:NOT_THERE", "env:NOT_THERE is not set"),
        ("env:EMPTY", "env:EMPTY is empty"),
        ("file:/nowhere/pw", "file:/nowhere/pw cannot be read"),
        ("docker-secret:../../etc/passwd", "no name of a docker secret"),
        ("docker-secret:missing", "docker-secret:missing cannot be read"),
    ],
)
def test_what_is_not_there_names_the_reference(tmp_path: Path, reference: str, says: str) -> None:
    """A reference that resolves to nothing is named, with what to do about it."""
    with pytest.raises(SecretUnavailable) as caught:
        references(tmp_path, []).resolve(reference)
    assert says in caught.value.message
    assert caught.value.hint


def test_a_value_in_place_of_a_reference_is_not_repeated(tmp_path: Path) -> None:
    """Somebody who passes the secret itself does not read it in the error."""
    with pytest.raises(SecretUnavailable) as caught:
        references(tmp_path, []).resolve("hunter2-hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a missing secret, not a crash."""
    (tmp_path / "pw").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SecretUnavailable, match="not UTF-8"):
        references(tmp_path, []).resolve(f"file:{tmp_path}/pw")

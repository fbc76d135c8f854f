"""neo4j-admin is called as its version wants it, and what it and the server say is understood."""

import base64

import pytest

from playbooks.errors import DatastoreError
from playbooks.hosts.neo4j import tools
from playbooks.hosts.neo4j.cypher import transaction_of


@pytest.mark.parametrize(
    ("said", "version"),
    [("5.26.0\n", "5.26.0"), ("neo4j-admin 4.4.38", "4.4.38"), ("2025.01.0", "2025.01.0")],
)
def test_the_version_is_found(said: str, version: str) -> None:
    """Whatever stands around it."""
    assert tools.version_in(said) == version


@pytest.mark.parametrize("said", ["", "3.5.35", "command not found"])
def test_an_unknown_version_is_refused(said: str) -> None:
    """With what it said."""
    with pytest.raises(DatastoreError, match="only versions 4 and 5 are known"):
        tools.version_in(said)


@pytest.mark.parametrize("version", ["5.26.0", "2025.01.0"])
def test_version_5_has_its_own_commands(version: str) -> None:
    """As its manual has them; the database is a word of its own, never part of a script."""
    assert tools.dump_argv(version, "neo4j")[-1] == "neo4j"
    assert "database dump" in tools.dump_argv(version, "neo4j")[2]
    assert tools.load_argv(version, "neo4j")[:4] == ("neo4j-admin", "database", "load", "neo4j")
    assert "--overwrite-destination=true" in tools.load_argv(version, "neo4j")
    assert tools.check_argv(version, "neo4j")[:3] == ("neo4j-admin", "database", "check")
    assert tools.data_setting(version, "/x") == {"NEO4J_server_directories_data": "/x"}


def test_version_4_has_other_commands() -> None:
    """With a file for the dump and --force for the load."""
    version = "4.4.38"
    assert "neo4j-admin dump --database=" in tools.dump_argv(version, "neo4j")[2]
    assert tools.load_argv(version, "neo4j") == (
        *("neo4j-admin", "load", "--from=/tmp/interlock/neo4j.dump"),
        *("--database=neo4j", "--force"),
    )
    assert "check-consistency" in tools.check_argv(version, "neo4j")
    assert tools.info_argv(version, "neo4j", "/d")[-1] == "/d/databases/neo4j"
    assert tools.data_setting(version, "/x") == {"NEO4J_dbms_directories_data": "/x"}


def test_commands_are_joined_without_being_read_as_shell() -> None:
    """Words stay words, whatever is in them."""
    joined = tools.one_after_the_other([("a", "x y"), ("b", "$(c)")])
    assert joined == ("sh", "-c", '"${1}" "${2}" && "${3}" "${4}"', "sh", "a", "x y", "b", "$(c)")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("Last committed transaction id:41\nStore needs recovery: false", 41),
        ("Last committed transaction id:   7", 7),
        ("Store format version: aligned", None),
    ],
)
def test_the_last_transaction_is_read(said: str, number: int | None) -> None:
    """Or it is not known."""
    assert tools.transaction_in(said) == number


@pytest.mark.parametrize(
    ("packed", "number"),
    [
        (b"\x0a", 10),
        (b"\x7f", 127),
        (b"\xc8\x80", -128),
        (b"\xc9\x01\x00", 256),
        (b"\xca\x00\x01\x00\x00", 65536),
        (b"\xcb" + (2**33).to_bytes(8, "big"), 2**33),
        (b"\xc9\x01", None),
        (b"", None),
    ],
)
def test_a_bookmark_names_its_transaction(packed: bytes, number: int | None) -> None:
    """In every size of number that the server may pack."""
    raw = b"\x91\xcc\x10" + bytes(range(16)) + packed + b"\x90"
    assert transaction_of("FB:" + base64.b64encode(raw).decode().rstrip("=")) == number


@pytest.mark.parametrize("bookmark", ["", "neo4j:bookmark:v1:tx12", "FB:!!", "FB:AAAA"])
def test_another_bookmark_names_none(bookmark: str) -> None:
    """It is opaque, and nothing is guessed from it."""
    assert transaction_of(bookmark) is None


def test_a_real_bookmark_is_understood() -> None:
    """One that Neo4j 5.26 gave after its tenth transaction."""
    assert transaction_of("FB:kcwQjwgI7m6ESaCYzaVW6d6mVAqQ") == 10

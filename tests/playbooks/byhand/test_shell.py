"""Words of the shell: whatever a name holds, bash reads exactly that, and runs nothing of it."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL

from playbooks.byhand.shell import RUN, Shell, command, filled, script, secret, secret_file, word
from playbooks.byhand.tools import database, psql
from tests.support.postgres import Server, fresh_database

ODD = (
    "plain",
    "two words",
    "it's",
    'say "so"',
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME}",
    "back\\slash\\",
    "line\nbreak\r\n",
    "tab\tbell\a",
    "-rf",
    "*?[a]",
    "~",
    "!history",
    "#",
    "",
    "{run}",
    "ü \u202e \u2028",
    "a;b|c&d>e",
)
# Names of files and databases are UTF-8, or bytes that are not; never NUL.
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


def read_by_bash(line: str) -> list[str]:
    """The words that a command gets."""
    done = subprocess.run(
        ["bash", "-c", f"RUN=k3f9q2; printf '%s\\0' {line}"], check=True, capture_output=True
    )
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


@pytest.mark.parametrize("name", [*ODD, "not utf-8: \udcff"])
def test_a_word_is_what_it_was(name: str) -> None:
    """Quotes, spaces, commands, line breaks and bytes come through, on one line."""
    assert read_by_bash(command("x", name, word("/", name, "_", RUN))) == [
        "x",
        name,
        f"/{name}_k3f9q2",
    ]
    assert "\n" not in word(name)
    assert word(name).isprintable()


@settings(max_examples=60, deadline=None)
@given(st.lists(names, min_size=1, max_size=6))
def test_any_words_are_what_they_were(words: list[str]) -> None:
    """The same for anything at all."""
    assert read_by_bash(command(*words)) == words


def test_a_plans_placeholders_become_variables() -> None:
    """`{run}` of a plan is the variable; a name that looks like one is not."""
    assert word(*filled("{started}-{run}")) == '"${STARTED}"-"${RUN}"'
    assert read_by_bash(word("{run}", *filled("_{run}"))) == ["{run}_k3f9q2"]


@settings(max_examples=40, deadline=None)
@given(st.lists(names.map(lambda text: text.replace("\n", "")), max_size=5), names)
def test_a_script_is_read_as_it_stands(lines: list[str], more: str) -> None:
    """The shell replaces nothing in a script, and no line of it ends it early."""
    wanted = [*lines, "END", "$(touch pwned) `id` $HOME \\", *more.split("\n")]
    typed = "\n".join(script(Shell("cat"), wanted)).encode()
    done = subprocess.run(["bash", "-s"], input=typed, check=True, capture_output=True)
    assert done.stdout.decode() == "\n".join(wanted) + "\n"


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("env:PG_PASSWORD", '"${PG_PASSWORD}"'),
        ("env:odd $(name)", "\"$(printenv -- 'odd $(name)')\""),
        ("file:/run/my keys/it's", "\"$(cat -- '/run/my keys/it'\"'\"'s')\""),
        ("docker-secret:pg", '"$(cat -- /run/secrets/pg)"'),
    ],
)
def test_a_secret_is_where_it_comes_from(reference: str, shown: str) -> None:
    """A runbook says how to get a secret and never resolves it."""
    assert secret(reference) == shown
    read = subprocess.run(["bash", "-n", "-c", f"cat {secret_file(reference)}"], check=False)
    assert read.returncode == 0


def test_psql_reads_names_as_they_are(postgres_server: Server) -> None:
    """In SQL the same names are identifiers and texts, and in its command line databases."""
    for number, name in enumerate(name for name in ODD if name):
        with fresh_database(postgres_server, f"{number}{name}"[:38]) as made:
            lines = psql(
                postgres_server.store(made),
                database(made),
                {"name": (name,)},
                [SQL('CREATE SCHEMA :"name"'), SQL("COMMENT ON SCHEMA :\"name\" IS :'name'")],
            )
            typed = "\n".join(lines).encode()
            done = subprocess.run(["bash", "-s"], input=typed, check=False, capture_output=True)
            assert done.returncode == 0, done.stderr
            commented = "SELECT nspname, obj_description(oid) FROM pg_namespace"
            assert (name, name) in postgres_server.query(made, commented)

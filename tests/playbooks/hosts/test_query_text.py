"""Query texts are shown without what people wrote into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from playbooks.hosts.postgres.insight.text import shown_query
from playbooks.hosts.redis.insight.text import shown_command, shown_key

_SECRETS = st.text(min_size=1, max_size=30).map(lambda text: f"s3cr3t{text}s3cr3t")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (
            "SELECT * FROM t1 WHERE id = 12 AND name = 'Ana'",
            "SELECT * FROM t1 WHERE id = ? AND name = ?",
        ),
        ('SELECT $1,\n  $2 -- who\nFROM "x 9"', 'SELECT $1, $2 FROM "x 9"'),
        ("SELECT $$a$$, $x$ b $$ $x$, 1.5e3", "SELECT ?, ?, ?"),
        ("SELECT E'it\\'s'", "SELECT ?"),
        ("SELECT 'it\\' || 'secret'", "SELECT ? …"),
        ("SELECT /* one /* two */ secret */ 1", "SELECT …"),
        ("SELECT 'cut off by the ser", "SELECT ?"),
        (None, "not shown"),
        ("<insufficient privilege>", "hidden: the role has to be a member of pg_read_all_stats"),
    ],
)
def test_values_are_masked(query: str | None, shown: str) -> None:
    """Literals, numbers, dollar quotes and comments go; names and parameters stay."""
    assert shown_query(query) == shown


@given(_SECRETS, st.sampled_from(["SELECT {}", "ALTER ROLE x PASSWORD {}", "SELECT a{}b, {}"]))
def test_no_quoted_value_comes_through(secret: str, shape: str) -> None:
    """Whatever a value holds, quoted as PostgreSQL wants it, it is not shown."""
    secret = secret.replace("\0", "")
    quoted = sql.Literal(secret).as_string(None)
    assert "s3cr3t" not in shown_query(shape.replace("{}", quoted), most=10_000)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_no_value_of_a_command_comes_through(words: list[str]) -> None:
    """Of a Redis command only its name and its key are shown."""
    said = shown_command(["set", "the-key", *(f"s3cr3t{word}" for word in words)])
    assert said.startswith("SET the-key ?") and "s3cr3t" not in said
    assert "s3cr3t" not in shown_command(["AUTH", *(f"s3cr3t{word}" for word in words)])


def test_tokens_in_keys_are_masked() -> None:
    """What looks like a token in a key shows only how it begins."""
    assert shown_key("session:9f86d081884c7d659a2feaa0c55ad015") == "session:9f86…"
    assert shown_key("paper:7") == "paper:7"

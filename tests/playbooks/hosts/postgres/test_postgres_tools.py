"""What PostgreSQL's tools can do is known from what they say of themselves."""

import pytest

from playbooks.hosts.postgres import tools


@pytest.mark.parametrize(
    ("said", "server", "carried"),
    [
        ("pg_dump (PostgreSQL) 18.4", 18, True),
        ("pg_dump (PostgreSQL) 19beta1", 18, True),
        ("pg_dump (PostgreSQL) 18.1 (Debian 18.1-1.pgdg13+2)", 17, False),
        ("pg_dump (PostgreSQL) 17.6 (Debian 17.6-0+deb13u1)", 17, False),
        ("", 18, False),
    ],
)
def test_statistics_are_carried_from_18_on(said: str, server: int, carried: bool) -> None:
    """By a tool that can write them, and for a server that can take them back."""
    assert tools.carries_statistics(said, server) is carried

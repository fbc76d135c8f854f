import pytest

from playbooks.lines.masks import MASK, LineMask, masked, secret_values


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("connecting to postgres://arc:hunter22@db:5432/arc_db", "hunter22"),
        ("DB_PASSWORD=hunter22 started", "hunter22"),
        ('{"api_key": "hunter22", "n": 1}', "hunter22"),
        ("password: 'hunter 22' accepted", "hunter 22"),
        ("Authorization: Bearer abcdefghijk.lmnop", "abcdefghijk"),
        ("ALTER ROLE arc PASSWORD 'hunter22'", "hunter22"),
        ("token eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc given", "eyJhbGciOiJIUzI1"),
        ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
        ("slack says xoxb-1234567890-abc", "xoxb-1234567890"),
    ],
)
def test_what_looks_like_a_secret_is_masked(line: str, gone: str) -> None:
    """Secrets are known by what stands around them; the rest of the line stays."""
    shown = masked(line)
    assert gone not in shown and MASK in shown
    assert shown.split()[0].split(":")[0].split("=")[0] in line


def test_ordinary_lines_stay_as_they_are() -> None:
    """Prose about passwords and addresses without one are left alone."""
    for line in (
        "password authentication failed for user arc",
        "GET http://127.0.0.1:8000/health 200",
        "listening on port 8000",
    ):
        assert masked(line) == line


def test_the_lines_of_a_private_key_are_masked() -> None:
    """A line of base64 is masked wherever it stands, also without the lines around it."""
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
    assert masked(line) == MASK
    assert masked("a" * 64) == "a" * 64


def test_values_of_secret_variables_are_masked_anywhere() -> None:
    """Names of variables tell which values are secrets; those are masked wherever they stand."""
    values = secret_values(
        {"DB_PASSWORD": "Sesame 1", "NAME": "portal", "URL": "redis://:Open5esame@redis:6379"}
    )
    assert values == ("Sesame 1", "Open5esame")
    assert LineMask(values)("it was Sesame 1 of portal") == f"it was {MASK} of portal"

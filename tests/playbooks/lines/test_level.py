import pytest

from playbooks.lines.choice import choice
from playbooks.lines.level import Level, level_named, level_of


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level": "error", "msg": "no"}', Level.ERROR),
        ('{"severity": "WARNING", "message": "x"}', Level.WARNING),
        ('{"level": 50, "msg": "pino"}', Level.ERROR),
        ('{"log": {"level": "debug"}}', Level.DEBUG),
        ('{"level": true}', None),
        ("ts=2026-11-22T08:00:00Z level=warn msg=slow", Level.WARNING),
        ('time="2026-11-22" lvl="eror" msg="x"', Level.ERROR),
        ("2026-11-22 08:00:00.123 UTC [41] ERROR:  relation does not exist", Level.ERROR),
        ("2026-11-22 08:00:00 UTC [1] FATAL:  password authentication failed", Level.CRITICAL),
        ("2026-11-22 08:00:00 UTC [1] LOG:  checkpoint complete: ERROR is a word", Level.INFO),
        ("2026/11/22 08:00:00 [crit] 7#7: *1 connect() failed", Level.CRITICAL),
        ("E1122 08:00:00.123456 1 main.go:1] it broke", Level.ERROR),
        ("1:M 22 Nov 2026 08:00:00.123 # Can't save in background", Level.WARNING),
        ("1:M 22 Nov 2026 08:00:00.123 * Ready", Level.INFO),
        ("WARN  [main] something", Level.WARNING),
        ("error: could not open the file", Level.ERROR),
        ("ValueError: nothing like that", Level.ERROR),
        ("django.db.utils.OperationalError: gone", Level.ERROR),
        ("0 errors found in 12 files", None),
        ("GET /error HTTP/1.1 200", None),
        ("    at Object.<anonymous> (index.js:1:1)", None),
        ("", None),
    ],
)
def test_a_line_says_how_serious_it_is(line: str, level: Level | None) -> None:
    """JSON, logfmt, klog, Redis, PostgreSQL, nginx and plain words are understood; prose is not."""
    assert level_of(line) is level


def test_levels_have_common_names() -> None:
    """Short and long names mean the same level, and what is none is None."""
    assert level_named("Warn") is level_named("WARNING") is Level.WARNING
    assert level_named("loud") is None


def test_a_trace_stays_with_its_error() -> None:
    """Lines without a level go with the line before them, by container."""
    wanted = choice("", "error")
    lines = ["INFO fine", "  more", "ERROR it broke", "  at line 1", "INFO fine again", "  x"]
    assert [line for line in lines if wanted.wants(line)] == ["ERROR it broke", "  at line 1"]
    assert not wanted.wants("  of another container", "other")

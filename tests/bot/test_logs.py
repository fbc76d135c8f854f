"""What is logged, and what is not."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import set_up_logs
from notifiers.redactor import Redactor

SECRET = "correct horse battery"


class Holder:
    """Something whose repr gives a secret away."""

    def __repr__(self) -> str:
        return f"Holder({SECRET!r})"


@pytest.fixture
def redactor() -> Iterator[Redactor]:
    """Logs set up with one known secret; put back as they were afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    known = Redactor()
    known.learn(SECRET)
    yield known
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_events_are_json_lines_without_secrets(
    redactor: Redactor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Values, nested values, objects and tracebacks lose the secret; the rest stays."""
    set_up_logs(redactor, as_json=True)
    log = structlog.get_logger("test")
    log.info("connecting", dsn=f"password={SECRET}", nested={"a": [SECRET]}, held=Holder(), n=3)
    try:
        raise ValueError(f"cannot log in with {SECRET}")
    except ValueError:
        log.exception("failed")
    said = capsys.readouterr().err
    assert SECRET not in said
    first, second = (json.loads(line) for line in said.splitlines())
    assert first["event"] == "connecting"
    assert first["dsn"] == "password=••••"
    assert first["n"] == 3
    assert "cannot log in with ••••" in second["exception"]


def test_the_standard_librarys_events_are_masked_too(
    redactor: Redactor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Libraries that use logging go through the same net."""
    set_up_logs(redactor)
    logging.getLogger("some.library").warning("token %s", SECRET)
    said = capsys.readouterr().err
    assert "token ••••" in said
    assert SECRET not in said

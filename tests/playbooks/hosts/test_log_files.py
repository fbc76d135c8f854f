from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbooks.errors import HostError
from playbooks.hosts.logs.file import FileLog
from playbooks.hosts.logs.lines import LogSource, lines_in, text_of
from playbooks.hosts.logs.rotation import rotated_by
from playbooks.hosts.logs.shell_file import ShellFileLog, files_at
from playbooks.hosts.shell import LocalShell


@pytest.fixture(params=["file", "shell"])
def kind(request: pytest.FixtureRequest) -> str:
    """Read as a file of this host, and by commands of a shell."""
    return str(request.param)


def _source(kind: str, path: Path) -> LogSource:
    return FileLog(path) if kind == "file" else ShellFileLog(LocalShell(), path)


def _new(source: LogSource, cursor: dict[str, object]) -> list[str]:
    found = source.fresh(cursor, 100)
    cursor.clear()
    cursor.update(found.cursor)
    return [line.text for line in found.lines]


def test_what_is_appended_is_followed(tmp_path: Path, kind: str) -> None:
    """Only whole lines, each once."""
    path = tmp_path / "a.log"
    path.write_text("before\n")
    source, cursor = _source(kind, path), dict[str, object]()
    assert _new(source, cursor) == []
    with path.open("a") as file:
        file.write("one\ntwo\nhal")
    assert _new(source, cursor) == ["one", "two"]
    with path.open("a") as file:
        file.write("f\n")
    assert _new(source, cursor) == ["half"]
    assert _new(source, cursor) == []


def test_a_rotated_file_is_read_from_its_beginning(tmp_path: Path, kind: str) -> None:
    """Another file in its place, and one that was emptied, are new."""
    path = tmp_path / "a.log"
    path.write_text("a long first line\n")
    source, cursor = _source(kind, path), dict[str, object]()
    _new(source, cursor)
    path.rename(tmp_path / "a.log.1")
    path.write_text("of the new file, longer than before\n")
    assert _new(source, cursor) == ["of the new file, longer than before"]
    path.write_text("short\n")
    assert _new(source, cursor) == ["short"]


def test_the_newest_lines_come_oldest_first(tmp_path: Path, kind: str) -> None:
    """With the time that they open with."""
    path = tmp_path / "a.log"
    path.write_text("2026-11-22 08:00:00 one\n2026-11-22 09:00:00 two\n")
    source = _source(kind, path)
    assert [line.text[20:] for line in source.newest(5, None)] == ["one", "two"]
    since = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    [line] = source.newest(5, since)
    assert line.at == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_many_lines_are_streamed(tmp_path: Path) -> None:
    """A long search goes through a file forwards, from the time on that is asked for."""
    path = tmp_path / "a.log"
    path.write_text("2026-11-22 08:00:00 one\n2026-11-22 09:00:00 two\n  of it\n")
    source = FileLog(path)
    assert len(list(source.newest(100_000, None))) == 3
    since = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert [line.text[-5:] for line in source.newest(100_000, since)] == ["0 two", "of it"]
    assert list(FileLog(tmp_path / "none").newest(100_000, None)) == []


def test_a_path_is_never_an_option(tmp_path: Path) -> None:
    """A file with the name of an option is read like any other."""
    path = tmp_path / "--help"
    path.write_text("plain\n")
    assert [line.text for line in ShellFileLog(LocalShell(), path).newest(5, None)] == ["plain"]
    assert files_at(LocalShell(), tmp_path) == [("--help", 6)]
    with pytest.raises(HostError, match="tail"):
        list(ShellFileLog(LocalShell(), tmp_path / "none").newest(5, None))


def test_lines_of_any_length_come_in_pieces() -> None:
    """Chunks of any size give the same lines; a long one is cut and says so."""
    assert list(lines_in([b"a\nb", b"c\n", b"d"])) == [b"a", b"bc", b"d"]
    assert text_of(b"x" * 5000).endswith("… (1000 more bytes)")


def test_logrotate_is_looked_up(tmp_path: Path) -> None:
    """The file that names a log, by its path or a pattern, and nothing where none does."""
    (tmp_path / "nginx").write_text('"/var/log/nginx/*.log" /var/log/other.log {\n  daily\n}\n')
    (tmp_path / "old").write_text("# /var/log/old.log {\n}\n")
    assert rotated_by("/var/log/nginx/error.log", tmp_path) == "nginx"
    assert rotated_by("/var/log/other.log", tmp_path) == "nginx"
    assert rotated_by("/var/log/old.log", tmp_path) == ""
    assert rotated_by("/var/log/old.log", tmp_path / "none") is None

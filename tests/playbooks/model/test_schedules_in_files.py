"""Schedules in stack files: what is taken, and what a mistake is answered with."""

from pathlib import Path

import pytest

from playbooks.errors import StackFileError
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack

_HEAD = """\
name: harbor
environment: prod
channel: ops
datastores:
  uploads: {kind: files, path: uploads}
backup:
  repository: backups
  sets: {all: [uploads]}
"""


def read(folder: Path, rest: str) -> Stack:
    file = folder / "harbor.yaml"
    file.write_text(_HEAD + rest)
    return load_stack(file)


def test_schedules_as_people_write_them(tmp_path: Path) -> None:
    """Sets, datastores or neither; days by name; the key `on`, which YAML takes for true."""
    stack = read(
        tmp_path,
        """\
  proof: {at: "08:30", zone: Europe/Paris}
  schedules:
    nightly: {set: all, at: "02:00", on: daily, zone: Europe/Paris, jitter: 10m}
    weekly: {datastores: [uploads], at: "03:00", on: "weekly sunday, wednesday"}
    archive: {at: "04:00", on: monthly last, catch_up: all}
    often: {on: hourly, at: ":15"}
    config: {set: all, on: change, every: 5m}
    usual: {on: change}
""",
    )
    assert stack.backup is not None
    schedules = stack.backup.schedules
    assert schedules["weekly"].days == ("sunday", "wednesday")
    assert schedules["archive"].day_of_month == "last"
    assert {stack.scheduled(each) for each in schedules.values()} == {("uploads",)}
    assert [each.rhythm for each in schedules.values()] == [
        "daily at 02:00 Europe/Paris",
        "weekly on Sunday, Wednesday at 03:00 UTC",
        "monthly last at 04:00 UTC",
        "hourly at :15",
        "on change, looked for every 5m",
        "on change, looked for every 15m",
    ]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("at: 12:30", 'write "12:30" in quotes'),
        ('at: "2:00"', "write hours and minutes in quotes"),
        ('at: "24:00"', "write hours and minutes in quotes"),
        ("on: daily", "write hours and minutes in quotes"),
        ('at: "02:00", on: weekly 0', "days like 'weekly sunday'"),
        ('at: "02:00", on: sunday', "days like 'weekly sunday'"),
        ('at: "02:00", on: monthly 31', "monthly 1 to monthly 28, or monthly last"),
        ('at: "02:00", on: hourly', "hourly takes only minutes"),
        ('at: "02:00", on: change', "leave at and jitter out"),
        ("on: change, every: 5s", "write 1m at least"),
        ('at: "02:00", every: 5m', "every goes with `on: change`"),
        ('at: "02:00", zone: Europe/Pariss', "is no time zone"),
        ('at: "02:00", set: al', "names the unknown set 'al'; there is: all"),
        ('at: "02:00", datastores: [upload]', "write 'uploads'"),
        ('at: "02:00", set: all, datastores: [uploads]', "keep one"),
        ('at: "02:00", jitter: 7h', "write 6h at most"),
        ('at: "02:00", catch_up: always', "write 'all'"),
        ('at: "02:00", cron: "0 2 * * *"', "unknown key 'cron'"),
    ],
)
def test_mistakes_say_what_to_write(tmp_path: Path, schedule: str, said: str) -> None:
    """Every mistake is one line with the file, the line and what to write instead."""
    with pytest.raises(StackFileError) as caught:
        read(tmp_path, f"  schedules:\n    nightly: {{{schedule}}}\n")
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'harbor.yaml'}:")

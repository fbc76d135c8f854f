"""What a host says of its packages, file systems and use."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from playbooks.errors import HostError
from playbooks.hosts.machine.counters import counted_in, host_counted
from playbooks.hosts.machine.filesystems import filesystem, folder, mounts
from playbooks.hosts.machine.packages import planned, waiting_packages
from playbooks.hosts.shell import LocalShell

_PLAN = """\
Inst base-files [12.4+deb12u11] (12.4+deb12u15 Debian:12.15/oldstable [amd64])
Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12/oldstable, Debian-Security:12 [amd64])
Inst linux-image-6 (6.1.9-1 Debian-Security:12/oldstable-security [amd64])
Inst curl [7.88] (7.90 Ubuntu:22.04/jammy-security [amd64]) []
Conf base-files (12.4+deb12u15 Debian:12.15/oldstable [amd64])
"""


def test_the_plan_of_apt_is_read() -> None:
    """Security first; what is new to the host is no update, what is configured no package."""
    found = [(each.name, each.installed, each.candidate, each.security) for each in planned(_PLAN)]
    assert found == [
        ("curl", "7.88", "7.90", True),
        ("libgcrypt20", "1.10.1-3", "1.10.1-3+deb12u1", True),
        ("base-files", "12.4+deb12u11", "12.4+deb12u15", False),
    ]


@pytest.mark.slow
def test_waiting_packages_are_those_that_apt_lists() -> None:
    """The same names as `apt list --upgradable`, as far as nothing is held back; elsewhere it is
    told that there is no apt."""
    if shutil.which("apt-get") is None:
        with pytest.raises(HostError, match="no apt"):
            waiting_packages(LocalShell())
        return
    argv, environment = ["apt", "list", "--upgradable"], {"PATH": os.defpath, "LC_ALL": "C"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    listed = {line.partition("/")[0] for line in done.stdout.splitlines() if "/" in line}
    found = waiting_packages(LocalShell())
    assert {each.name.partition(":")[0] for each in found.packages} <= listed
    assert found.lists_age_seconds is None or found.lists_age_seconds > 0


def test_a_file_system_is_what_df_says(tmp_path: Path) -> None:
    """Size and device; a folder that is not there yet counts as the one above."""
    found = filesystem(LocalShell(), str(tmp_path / "not" / "there"))
    usage = shutil.disk_usage(tmp_path)
    assert found.total == usage.total
    assert abs(found.free - usage.free) < usage.total / 100
    assert 0 <= found.free_percent <= 100


def test_mounts_name_each_device_once() -> None:
    """The root is among them, and no kernel's own file system is."""
    found = mounts(LocalShell()).mounts
    assert any(each.path == "/" for each in found)
    assert len({each.device for each in found}) == len(found)
    assert not [each for each in found if each.path.startswith("/proc")]


def test_a_folder_is_counted(tmp_path: Path) -> None:
    """As du does, in bytes; one that is not there is told."""
    (tmp_path / "one").write_bytes(b"x" * 100_000)
    assert 100_000 <= folder(LocalShell(), str(tmp_path)).bytes < 150_000
    with pytest.raises(HostError, match="cannot be counted"):
        folder(LocalShell(), str(tmp_path / "gone"))


def test_a_path_is_never_an_option() -> None:
    """A name that begins with a dash is a name."""
    with pytest.raises(HostError, match="cannot be counted"):
        folder(LocalShell(), "--version")


def test_the_hosts_own_figures() -> None:
    """Cores and memory as Python sees them; what is not Linux is told."""
    found = host_counted(LocalShell())
    assert found.cores >= 1 and 0 < found.available <= found.memory
    assert 0 < found.busy <= found.whole
    with pytest.raises(HostError, match="not those of Linux"):
        counted_in("nothing of it")

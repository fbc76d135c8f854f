"""Certificates as they are presented and as they lie on disk."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbooks.errors import HostError
from playbooks.hosts.certificates import in_file, served
from tests.support.tls import issue, serving

_HOST = "api.example.com"


def test_a_certificate_of_a_known_authority_is_well(tmp_path: Path) -> None:
    """Chain and name are well, and what it says is what openssl reads from the same file."""
    issued = issue(tmp_path, _HOST, days=20)
    with serving(issued) as port:
        seen = served(("127.0.0.1", port), _HOST, issued.authority)
    assert seen.certificate is not None
    assert (seen.chain, seen.name, seen.why) == ("", "", "")
    assert seen.certificate.names == (_HOST,)
    argv = ["openssl", "x509", "-in", str(issued.file), "-noout", "-enddate", "-serial"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    ends = datetime.strptime(said.split("notAfter=")[1].splitlines()[0], "%b %d %H:%M:%S %Y %Z")
    assert seen.certificate.ends == ends.replace(tzinfo=UTC)
    assert seen.certificate.serial == said.split("serial=")[1].strip().lstrip("0")
    assert seen.certificate == in_file(issued.file)


def test_an_unknown_authority_is_said(tmp_path: Path) -> None:
    """Without its authority nothing vouches for it, and it is looked at all the same."""
    issued = issue(tmp_path, _HOST, days=20)
    with serving(issued) as port:
        seen = served(("127.0.0.1", port), _HOST)
    assert seen.certificate is not None and not seen.certificate.self_signed
    assert "no authority is trusted" in seen.chain


def test_a_self_signed_one_is_known_as_such(tmp_path: Path) -> None:
    """Its name is still checked."""
    issued = issue(tmp_path, _HOST, days=20, self_signed=True)
    with serving(issued) as port:
        seen = served(("127.0.0.1", port), _HOST)
        other = served(("127.0.0.1", port), "www.example.com")
    assert seen.certificate is not None and seen.certificate.self_signed
    assert seen.chain and not seen.name
    assert "mismatch" in other.name.lower()


def test_an_expired_one_keeps_its_name(tmp_path: Path) -> None:
    """Expiry does not hide whether the name fits."""
    issued = issue(tmp_path, _HOST, days=-1)
    with serving(issued) as port:
        seen = served(("127.0.0.1", port), _HOST, issued.authority)
        other = served(("127.0.0.1", port), "www.example.com", issued.authority)
    assert "expired" in seen.chain and not seen.name
    assert other.name


def test_who_speaks_no_tls_is_told_apart(tmp_path: Path, free_port: int) -> None:
    """Plain http, and nobody at all."""
    with serving(None) as port:
        assert "wrong version number" in served(("127.0.0.1", port), _HOST).why
    assert "refused" in served(("127.0.0.1", free_port), _HOST).why


def test_a_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    """The message names the file."""
    other = tmp_path / "other.pem"
    other.write_text("no certificate")
    with pytest.raises(HostError, match=r"other\.pem holds no certificate"):
        in_file(other)
    with pytest.raises(HostError, match=r"cannot be read: No such file"):
        in_file(tmp_path / "gone.pem")

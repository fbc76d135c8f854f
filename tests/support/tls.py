"""Certificates that tests make, and a server that presents one."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_HEADERS = (
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key in one PEM file; `authority` has the certificate that signed it."""

    file: Path
    authority: Path
    certificate: x509.Certificate


def issue(
    folder: Path, name: str, days: float, *, self_signed: bool = False, began_days_ago: float = 90
) -> Issued:
    """A certificate for `name` that ends in so many days from now, by an authority of its own
    unless it is self-signed."""
    folder.mkdir(parents=True, exist_ok=True)
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    times = (now - timedelta(days=began_days_ago), now + timedelta(days=days))
    signer_key = key if self_signed else ec.generate_private_key(ec.SECP256R1())
    signer = name if self_signed else "Test authority"
    certificate = _made(name, signer, times, key.public_key(), signer_key, authority=self_signed)
    file, authority = folder / f"{name}.pem", folder / f"{name}-authority.pem"
    pem, own = serialization.Encoding.PEM, certificate
    if not self_signed:
        whole = (now - timedelta(days=100), now + timedelta(days=1000))
        own = _made(signer, signer, whole, signer_key.public_key(), signer_key, authority=True)
    authority.write_bytes(own.public_bytes(pem))
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(certificate.public_bytes(pem) + kept)
    return Issued(file, authority, certificate)


def _made(
    name: str,
    signer: str,
    times: tuple[datetime, datetime],
    key: ec.EllipticCurvePublicKey,
    signing: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, signer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(times[0])
        .not_valid_after(times[1])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )


@contextmanager
def serving(
    issued: Issued | None,
    headers: Sequence[tuple[str, str]] = _HEADERS,
    status: int = 200,
) -> Iterator[int]:
    """A server on a port of 127.0.0.1 that presents the certificate, or speaks plain http."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    if issued is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.file)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def fronts(folder: Path) -> Iterator[dict[str, Any]]:
    """The `tls` of a stack file: a good address that ends in 20 days, a self-signed one for another
    name that has expired, and a file that ends in 5 days."""
    good = issue(folder, "front.example.com", 20.5)
    bad = issue(folder, "other.example.com", -2.5, self_signed=True)
    file = issue(folder, "file.example.com", 5.5)
    away = (("Location", "https://front.example.com/"),)
    with (
        serving(good) as front,
        serving(bad, ()) as old,
        serving(None, away, 301) as leads,
        serving(None, ()) as stays,
    ):
        yield {
            "endpoints": {
                "front": {
                    "url": "https://front.example.com",
                    "connect": f"127.0.0.1:{front}",
                    "plain": f"http://127.0.0.1:{leads}/",
                    "authority": str(good.authority),
                },
                "old": {
                    "url": "https://old.example.com",
                    "connect": f"127.0.0.1:{old}",
                    "plain": f"http://127.0.0.1:{stays}/",
                },
            },
            "files": {"file": str(file.file)},
        }

"""This machine's Docker Engine behind TLS, for those alone who show a certificate."""

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_SOCKET = "/var/run/docker.sock"
_CHUNK = 64 * 1024
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class TlsEngine:
    """Where it listens, and the files of somebody whom it lets in."""

    port: int
    folder: Path
    address: str = "127.0.0.1"

    def described(self, who: str = "client") -> dict[str, object]:
        """The engine as `hosts.NAME` of a stack file, for the holder of that certificate."""
        return {
            "kind": "tcp",
            "address": self.address,
            "port": self.port,
            "ca": str(self.folder / "ca.pem"),
            "cert": str(self.folder / f"{who}.pem"),
            "key": str(self.folder / f"{who}-key.pem"),
        }


@contextmanager
def tls_engine(folder: Path) -> Iterator[TlsEngine]:
    """An endpoint that demands a certificate of its own authority, gone afterwards. `stranger` has
    one of another authority."""
    authority, another = _Authority.made("test"), _Authority.made("elsewhere")
    (folder / "ca.pem").write_bytes(_pem(authority.certificate))
    for who, signer in (("server", authority), ("client", authority), ("stranger", another)):
        signer.issue(who, folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = asyncio.run_coroutine_threadsafe(_serve(folder), loop).result(10)
    try:
        yield TlsEngine(serving.sockets[0].getsockname()[1], folder)
    finally:
        loop.call_soon_threadsafe(serving.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _serve(folder: Path) -> asyncio.Server:
    demands = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    demands.verify_mode = ssl.CERT_REQUIRED
    demands.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    return await asyncio.start_server(_forward, "127.0.0.1", 0, ssl=demands)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    engine_reader, engine_writer = await asyncio.open_unix_connection(_SOCKET)
    with contextlib.suppress(OSError, ssl.SSLError):
        await asyncio.gather(_pump(reader, engine_writer), _pump(engine_reader, writer))
    for each in (writer, engine_writer):
        each.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """TLS has no half-closed connections: the end of one way is the end of both."""
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.close()


@dataclass(frozen=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, name: str) -> "_Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = _about(name, name, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return cls(key, unsigned.sign(key, hashes.SHA256()))

    def issue(self, who: str, folder: Path) -> None:
        """Writes `WHO.pem` and `WHO-key.pem`."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject.rfc4514_string().removeprefix("CN=")
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        signed = _about(who, issuer, key.public_key()).add_extension(names, critical=False)
        (folder / f"{who}.pem").write_bytes(_pem(signed.sign(self.key, hashes.SHA256())))
        (folder / f"{who}-key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def _about(name: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)

"""Certificates, read from files and from those who present them."""

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from playbooks.errors import HostError
from playbooks.model.certificates import Certificate, Served

_SECONDS = 4.0
_WRONG_NAME = frozenset({62, 63, 64})  # X509_V_ERR_HOSTNAME_MISMATCH and its like
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})


def in_file(path: Path) -> Certificate:
    """The first certificate of a PEM file, which is the one that is presented. Raises HostError."""
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise HostError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise HostError(f"{path} holds no certificate in PEM: {error}.") from error
    return described(certificates[0])


def served(address: tuple[str, int], host: str, authority: Path | None = None) -> Served:
    """What `address` presents to who asks for `host`. It is trusted as far as this host's own
    authorities go, or `authority`. Never raises: `why` says what kept it from being seen."""
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        found, protocol, cipher = _shake(address, host, anybody, _presented)
    except (OSError, ssl.SSLError) as error:
        return Served(why=_words(error))
    return Served(
        certificate=described(x509.load_der_x509_certificate(found)),
        chain=_chain(address, host, authority),
        name=_name(address, host, found),
        protocol=protocol,
        cipher=cipher,
    )


def described(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        subject=_called(certificate.subject),
        issuer=_called(certificate.issuer),
        names=_names(certificate),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        self_signed=certificate.subject == certificate.issuer,
        serial=f"{certificate.serial_number:X}",
        sha256=certificate.fingerprint(SHA256()).hex(),
    )


def _presented(tls: ssl.SSLSocket) -> tuple[bytes, str, str]:
    cipher = tls.cipher()
    return (
        tls.getpeercert(binary_form=True) or b"",
        tls.version() or "",
        cipher[0] if cipher else "",
    )


def _shake(
    address: tuple[str, int],
    host: str,
    context: ssl.SSLContext,
    look: Callable[[ssl.SSLSocket], tuple[bytes, str, str]],
) -> tuple[bytes, str, str]:
    with (
        socket.create_connection(address, timeout=_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        return look(tls)


def _chain(address: tuple[str, int], host: str, authority: Path | None) -> str:
    """What is wrong with the chain, whatever name it is for."""
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
        context.check_hostname = False
        _shake(address, host, context, _presented)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _UNKNOWN_AUTHORITY:
            return f"no authority is trusted for it ({error.verify_message})"
        return error.verify_message
    except (OSError, ssl.SSLError) as error:
        return _words(error)
    return ""


def _name(address: tuple[str, int], host: str, found: bytes) -> str:
    """Whether the certificate is for the name, by OpenSSL's own rules: as if it were trusted."""
    context = ssl.create_default_context(cadata=found)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        _shake(address, host, context, _presented)
    except ssl.SSLCertVerificationError as error:
        # Names are looked at before times, so any other complaint means that the name fits.
        return error.verify_message if error.verify_code in _WRONG_NAME else ""
    except (OSError, ssl.SSLError) as error:
        return _words(error)
    return ""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = extension.value
    addresses = names.get_values_for_type(x509.IPAddress)
    return (*names.get_values_for_type(x509.DNSName), *map(str, addresses))


def _called(name: x509.Name) -> str:
    """The common name where there is one, else all of it."""
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it did not answer within {_SECONDS:g} s"
    reason = getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error)
    return str(reason).replace("_", " ").lower()

"""Certificates of a stack, and how its https addresses answer."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.certificates import in_file, served
from playbooks.model.base import JsonObject, Model
from playbooks.model.certificates import Answered
from playbooks.model.tls import TlsEndpoint
from playbooks.ports import Reading
from playbooks.registry import Reader

_SECONDS = 4.0
_GUARDS = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
)


class EndpointArgs(Model):
    """The address to ask."""

    endpoint: TlsEndpoint


class FileArgs(Model):
    """A file in PEM."""

    path: Path


def presented(_: Reading, args: EndpointArgs) -> JsonObject:
    """A `playbooks.model.certificates.Served`."""
    endpoint = args.endpoint
    return served(endpoint.place, endpoint.host, endpoint.authority).model_dump(mode="json")


def answered(_: Reading, args: EndpointArgs) -> JsonObject:
    """A `playbooks.model.certificates.Answered`, whomever the certificate names."""
    return _answered(args.endpoint).model_dump(mode="json")


def file(_: Reading, args: FileArgs) -> JsonObject:
    """A `playbooks.model.certificates.Certificate`."""
    try:
        return in_file(args.path).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def _answered(endpoint: TlsEndpoint) -> Answered:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    host, port = endpoint.place
    url = httpx.URL(endpoint.url)
    try:
        with httpx.Client(verify=anybody, timeout=_SECONDS, trust_env=False) as client:
            seen = client.send(
                client.build_request(
                    "GET",
                    url.copy_with(host=host, port=port),
                    headers={"Host": url.netloc.decode()},
                    extensions={"sni_hostname": endpoint.host},
                ),
                stream=True,
            )
            seen.close()
    except httpx.HTTPError as error:
        return Answered(why=str(error) or type(error).__name__)
    guards = {name: seen.headers[name] for name in _GUARDS if name in seen.headers}
    redirect, plain = _redirect(endpoint)
    return Answered(status=seen.status_code, headers=guards, redirect=redirect, plain=plain)


def _redirect(endpoint: TlsEndpoint) -> tuple[str, str]:
    """Where the plain address leads, or what it does instead of leading to https."""
    if endpoint.plain is None:
        return "", ""
    try:
        with httpx.stream("GET", endpoint.plain, timeout=_SECONDS, trust_env=False) as seen:
            target = seen.headers.get("location", "") if seen.is_redirect else ""
    except httpx.HTTPError as error:
        return "", f"it cannot be reached ({error})"
    if urlsplit(target).scheme == "https":
        return target, ""
    return "", f"leads to {target}" if target else f"answers {seen.status_code} without TLS"


READERS: tuple[Reader[Any], ...] = (
    Reader("certs.served", EndpointArgs, presented),
    Reader("certs.answered", EndpointArgs, answered),
    Reader("certs.file", FileArgs, file),
)

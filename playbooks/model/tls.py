"""The addresses that a stack answers by TLS, and its certificates on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from playbooks.model.base import Model, Name
from playbooks.model.deploy import ProcedureStep
from playbooks.model.telemetry import Url

_HTTPS_PORT = 443


def _secure(value: str) -> str:
    if urlsplit(value).scheme != "https":
        raise ValueError(f"{value!r} is no https address; write one like https://api.example.com")
    return value


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f"{value!r} is no address; write one like 127.0.0.1:8443")
    return value


SecureUrl = Annotated[str, AfterValidator(_secure)]
Address = Annotated[str, AfterValidator(_host_and_port)]


class TlsEndpoint(Model):
    """An https address of the stack. `url` is what people type; its host must stand in the
    certificate.

    `connect` is where to ask instead of where the name leads, `127.0.0.1:8443` for instance.
    `plain` is the http address that must lead to https; none: that is not looked at. `authority` is
    a file with the certificates of a certificate authority of one's own.
    """

    url: SecureUrl
    connect: Address | None = None
    plain: Url | None = None
    authority: Path | None = None

    @property
    def host(self) -> str:
        """The name that the certificate must have."""
        return urlsplit(self.url).hostname or ""

    @property
    def place(self) -> tuple[str, int]:
        """Where it is asked."""
        if self.connect is not None:
            host, _, port = self.connect.rpartition(":")
            return host.strip("[]"), int(port)
        return self.host, urlsplit(self.url).port or _HTTPS_PORT


class Tls(Model):
    """`endpoints` are asked how they answer; `files` are certificates in PEM. `warn_days` are the
    days before the end from which on it is said, more urgently each time. `renew` are the steps
    that bring a new one, by endpoint."""

    endpoints: dict[Name, TlsEndpoint] = {}
    files: dict[Name, Path] = {}
    warn_days: tuple[int, int, int] = Field(default=(30, 14, 7))
    renew: dict[Name, tuple[ProcedureStep, ...]] = {}

    @model_validator(mode="after")
    def _renewed_ones_are_there(self) -> Self:
        if unknown := sorted(set(self.renew) - set(self.endpoints)):
            raise ValueError(
                f"renew names the unknown endpoint {unknown[0]!r}; "
                f"there is: {', '.join(self.endpoints) or 'none'}"
            )
        return self

    def urgency(self, days_left: float) -> str:
        """What days to the end mean: nothing, or one of soon, very soon, now, expired."""
        if days_left <= 0:
            return "expired"
        return next((_WORDS[n] for n in (2, 1, 0) if days_left <= self.warn_days[n]), "")


_WORDS: Mapping[int, str] = {0: "soon", 1: "very soon", 2: "now"}

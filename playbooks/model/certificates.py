"""Certificates as they were found, and how https addresses answer."""

from datetime import datetime

from playbooks.model.base import Model

_DAY = 86_400.0


class Certificate(Model):
    """What a certificate says of itself. `names` are those it is good for; times are UTC."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    self_signed: bool
    serial: str
    sha256: str

    def days_left(self, now: datetime) -> float:
        """Below nothing when it has expired."""
        return (self.ends - now).total_seconds() / _DAY


class Served(Model):
    """What an address presents by TLS. `chain` and `name` are what is wrong with the chain and
    with the name, empty when that is well; `protocol` is like `TLSv1.3`. `why` is why nothing was
    seen."""

    certificate: Certificate | None = None
    chain: str = ""
    name: str = ""
    protocol: str = ""
    cipher: str = ""
    why: str = ""


class Answered(Model):
    """How the address answers by http. `headers` are those that guard, by lower-case name.
    `redirect` is where the plain address leads: empty where it was not asked, or leads nowhere;
    `plain` is then what it does instead."""

    status: int | None = None
    headers: dict[str, str] = {}
    redirect: str = ""
    plain: str = ""
    why: str = ""

"""What probes are about, and what came of one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """A service of a stack."""

    stack: str
    service: str


@dataclass(frozen=True)
class Heard:
    """What came of one probe: `wrong` is empty when all is well."""

    endpoint: Endpoint
    wrong: str
    ms: float

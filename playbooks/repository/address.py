"""From a place in a stack file to an address, with its secrets resolved."""

from dataclasses import dataclass
from pathlib import Path

from playbooks.errors import BadArgument
from playbooks.model.repository import Access, Place
from playbooks.model.secret import Secret
from playbooks.ports import Secrets


@dataclass(frozen=True)
class Keys:
    """What opens a repository elsewhere, resolved."""

    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    key: Secret | None = None
    token: Secret | None = None


@dataclass(frozen=True)
class Address:
    """A repository's URL, and what opens it."""

    url: str
    keys: Keys = Keys()


def address_of(place: Place, secrets: Secrets) -> Address:
    """Raises SecretUnavailable, naming the reference."""
    access = place.access or Access()
    return Address(
        url=place.repository,
        keys=Keys(
            endpoint=access.endpoint,
            region=access.region,
            key_id=access.key_id,
            key=secrets.resolve(access.key) if access.key else None,
            token=secrets.resolve(access.token) if access.token else None,
        ),
    )


def local_root(url: str) -> Path | None:
    """The folder of a `file://` repository, None for any other. Raises BadArgument."""
    if not url.startswith("file://"):
        if "://" not in url:
            raise BadArgument(f"{url!r} is no URL.", f"Write file://{url} for a local folder.")
        return None
    path = Path(url.removeprefix("file://"))
    if not path.is_absolute():
        raise BadArgument(f"{url} names no absolute folder.", "Write file:///var/backups/STACK.")
    return path

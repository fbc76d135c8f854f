"""Opens the store behind an address."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, LocalStore, ObjectStore, S3Store

from playbooks.errors import BadArgument, RepositoryError
from playbooks.model.secret import Secret
from playbooks.repository.address import Address, Keys, local_root


@dataclass(frozen=True)
class _Patience:
    """How long a connection, an answer and repeating may take; how often it is repeated."""

    answer: timedelta
    repeating: timedelta
    repeats: int
    connection: timedelta = timedelta(seconds=2)


# A part of 8 MB may take its time on a slow line; a first look may not.
_AT_WORK = _Patience(timedelta(seconds=60), timedelta(minutes=2), repeats=5)
_AT_FIRST = _Patience(timedelta(seconds=4), timedelta(seconds=3), repeats=1)


def store_at(address: Address) -> ObjectStore:
    """The store behind an address; nothing is read yet. Raises RepositoryError, BadArgument."""
    return _store(address, _AT_WORK)


def impatient_store_at(address: Address) -> ObjectStore:
    """The same for a first look: what does not answer small questions in seconds is away."""
    return _store(address, _AT_FIRST)


def _store(address: Address, patience: _Patience) -> ObjectStore:
    root = local_root(address.url)
    try:
        if root is not None:
            return LocalStore(root)
        match urlsplit(address.url).scheme:
            case "s3":
                return _s3(address, patience)
            case "azure":
                return _azure(address, patience)
    except (BaseError, OSError, ValueError) as error:
        raise RepositoryError(f"{address.url} cannot be opened: {_first_line(error)}") from error
    raise BadArgument(
        f"{address.url} is no repository.", "Write file://, s3:// or azure:// with a place."
    )


def _s3(address: Address, patience: _Patience) -> S3Store:
    parts, keys = urlsplit(address.url), address.keys
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=_given(
            endpoint=keys.endpoint,
            region=keys.region,
            access_key_id=keys.key_id,
            secret_access_key=_shown(keys.key),
            token=_shown(keys.token),
        ),
        **_client(keys, patience),
    )


def _azure(address: Address, patience: _Patience) -> AzureStore:
    parts, keys = urlsplit(address.url), address.keys
    container, _, prefix = parts.path.strip("/").partition("/")
    return AzureStore(
        container,
        prefix=prefix or None,
        config=_given(
            account_name=parts.netloc,
            endpoint=keys.endpoint,
            account_key=_shown(keys.key),
            sas_key=_shown(keys.token),
        ),
        **_client(keys, patience),
    )


def _client(keys: Keys, patience: _Patience) -> dict[str, Any]:
    return {
        "client_options": {
            "connect_timeout": patience.connection,
            "timeout": patience.answer,
            "allow_http": keys.endpoint.startswith("http://"),
        },
        "retry_config": {"max_retries": patience.repeats, "retry_timeout": patience.repeating},
    }


def _first_line(error: Exception) -> str:
    """obstore appends its own debugging text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _shown(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""


def _given(**values: str) -> Any:
    return {name: value for name, value in values.items() if value}

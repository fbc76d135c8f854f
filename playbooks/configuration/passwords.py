"""Which settings hold secrets, and which of those are known to everybody."""

import re
from urllib.parse import unquote

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|pass(word|wd|phrase)?_|pwd|secret|token|credential|api_?key"
    r"|private_?key|access_?key|encryption_?key|signing_?key|master_?key|_key$|^key$|salt$|^auth$"
    r"|_auth$|dsn$|cookie",
    re.IGNORECASE,
)
# `redis://:secret@host`, `postgres://user:secret@host`
_IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]*:(?P<secret>[^\s@/]+)@", re.IGNORECASE)
# `--requirepass secret`, `--api.token=secret`
_IN_OPTION = re.compile(
    r"--?[\w.-]*(?:pass(?:word)?|secret|token|apikey|api-key)\b(?:=|\s+)(?P<secret>[^\s\"']+)",
    re.IGNORECASE,
)
# What products and guides suggest; compared without regard to case.
_WELL_KNOWN = frozenset(
    {
        "1234",
        "123456",
        "12345678",
        "123456789",
        "admin",
        "admin123",
        "administrator",
        "arc",
        "change-me",
        "change_me",
        "changeit",
        "changeme",
        "changethis",
        "default",
        "demo",
        "dev",
        "development",
        "example",
        "grafana",
        "guest",
        "infisical",
        "insecure",
        "kratos",
        "letmein",
        "minio",
        "minioadmin",
        "mongo",
        "mongodb",
        "mysql",
        "neo4j",
        "none",
        "null",
        "p@ssw0rd",
        "pass",
        "passw0rd",
        "passwd",
        "password",
        "password1",
        "password123",
        "postgres",
        "qwerty",
        "rabbitmq",
        "redis",
        "replace-me",
        "replace_me",
        "root",
        "sample",
        "secret",
        "secret-key",
        "secretkey",
        "supersecret",
        "terminusdb",
        "test",
        "testing",
        "todo",
        "toor",
        "unleash",
        "user",
        "welcome",
        "xxx",
        "your-password",
        "your-secret-key",
        "your-secret-key-here",
        "your_password",
        "your_secret_key",
        "yourpassword",
    }
)
_OPEN_DOORS = {
    "POSTGRES_HOST_AUTH_METHOD": frozenset({"trust"}),
    "NEO4J_AUTH": frozenset({"none"}),
    "ALLOW_EMPTY_PASSWORD": frozenset({"yes", "true", "1"}),
    "MYSQL_ALLOW_EMPTY_PASSWORD": frozenset({"yes", "true", "1"}),
}
_USER_AND_PASSWORD = frozenset({"NEO4J_AUTH"})
_A_FILE = re.compile(r"_FILE$", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether a setting of this name is taken for a secret. Where a secret lies is none."""
    return bool(_SECRET_NAME.search(name)) and not _A_FILE.search(name)


def hidden_in(text: str) -> tuple[str, ...]:
    """Secrets that stand inside addresses and command lines."""
    found = [*_IN_ADDRESS.finditer(text), *_IN_OPTION.finditer(text)]
    return tuple(match["secret"] for match in found)


def weakness(name: str, value: str) -> str:
    """What is wrong with a setting: `lets everybody in`, `is empty`, `is a well-known default`, or
    nothing."""
    if value.lower() in _OPEN_DOORS.get(name, ()):
        return "lets everybody in"
    if name in _USER_AND_PASSWORD:
        return _of_password(value.partition("/")[2])
    if is_secret(name):
        return _of_password(value)
    return "holds a well-known default" if any(map(is_default, hidden_in(value))) else ""


def is_default(value: str) -> bool:
    """Whether anybody would try this password first."""
    return unquote(value).lower() in _WELL_KNOWN


def _of_password(value: str) -> str:
    if not value:
        return "is empty"
    return "is a well-known default" if is_default(value) else ""

"""What lines of logs say of requests: from where they came, and how large the answer was."""

import json
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

_COMBINED = re.compile(
    r'^(\S{1,64}) \S{1,64} .{1,64}? \[[^\]]{1,40}\] "[^"]{0,4000}" (\d{3}) (\d+|-)'
)
_SERVED = re.compile(r'"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^"]{0,4000}" \d{3}\b')
_V4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_V6 = re.compile(r"(?<![\w:])[0-9a-fA-F:]{3,39}:[0-9a-fA-F]{1,4}(?![\w:])")
_SOURCES = ("remote_addr", "client_ip", "clientip", "remote_ip", "client", "ip", "host", "source")
_SIZES = ("body_bytes_sent", "bytes_sent", "response_size", "content_length", "bytes", "size")
_STATES = ("status", "status_code", "code")


@dataclass(frozen=True)
class Said:
    """`source` is an address, empty where none is named; `request`: it tells of a request;
    `size` is that of the answer in bytes, None where the line does not say."""

    source: str = ""
    request: bool = False
    size: int | None = None


def said_of(line: str) -> Said:
    """What a line says; of access logs of nginx and its like, JSON, and lines that hold an
    address."""
    if line.startswith("{"):
        fields = _fields(line)
        if fields is not None:
            return _in_json(fields)
    combined = _COMBINED.match(line)
    if combined:
        size = combined[3]
        return Said(combined[1], request=True, size=int(size) if size != "-" else None)
    return Said(_address_in(line), request=_SERVED.search(line) is not None)


def _fields(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _in_json(fields: dict[str, Any]) -> Said:
    source = next((str(fields[name]) for name in _SOURCES if _is_address(fields.get(name))), "")
    size = next((fields[name] for name in _SIZES if _is_count(fields.get(name))), None)
    request = any(_is_count(fields.get(name)) for name in _STATES)
    return Said(source, request=request, size=int(size) if size is not None and request else None)


def _is_count(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isdigit() and len(value) < 16
    )


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 45:
        return False
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _address_in(line: str) -> str:
    for shape in (_V4, _V6):
        for found in shape.finditer(line):
            if _is_address(found[0]):
                return found[0]
    return ""

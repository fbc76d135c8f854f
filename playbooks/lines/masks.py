"""Masks what looks like a secret in lines that others wrote.

Values that Interlock resolved itself are masked on every message's way out. Lines of services may
hold others' secrets; these are known by what stands around them.
"""

import re
from collections.abc import Iterable, Mapping

from playbooks.model.stack_file import holds_secret

MASK = "••••"
_SHORTEST = 6
_NAMED = (
    r"[\w.-]{0,40}(?:password|passwd|pwd|secret|token|api[_-]?key|apikey|credential|private[_-]?key"
    r"|access[_-]?key|session[_-]?id|authorization)s?"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{0,100}:)([^\s@/]{1,200})(@)"),
        rf"\1{MASK}\3",
    ),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}"), rf"\1\2{MASK}"),
    (
        re.compile(rf"(?i)([\"']?\b{_NAMED}[\"']?\s*[:=]\s*)(\"(?:[^\"\\]|\\.)*\"|'[^']*')"),
        rf"\1{MASK}",
    ),
    (
        re.compile(
            rf"(?i)([\"']?\b{_NAMED}[\"']?\s*[:=]\s*)(?!{MASK}|bearer|basic)([^\s,;&\"'}}]+)"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), MASK),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\b(?:sk|xox[abprs]|gh[opsu]|glpat)[-_][\w-]{10,}"), MASK),
    # The lines that a private key is written in.
    (
        re.compile(
            r"(?<![\w+/=])(?=[\w+/]*[A-Z])(?=[\w+/]*[0-9])[A-Za-z0-9+/]{56,}={0,2}(?![\w+/=])"
        ),
        MASK,
    ),
    (re.compile(r"AGE-SECRET-KEY-1[A-Z0-9]+"), MASK),
    (re.compile(r"(?i)(identified by |password )'[^']*'"), rf"\1'{MASK}'"),
)


def masked(line: str) -> str:
    """The line with what looks like a secret replaced by four dots."""
    for pattern, instead in _PATTERNS:
        line = pattern.sub(instead, line)
    return line


class LineMask:
    """Masks what looks like a secret, and the `values` that it was given, longest first."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = sorted({each for each in values if len(each) >= _SHORTEST}, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, line: str) -> str:
        return masked(line if self._values is None else self._values.sub(MASK, line))


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of those variables whose names say that they are secrets, and the passwords in
    addresses."""
    found = [value for name, value in environment.items() if holds_secret(name)]
    for value in environment.values():
        found += [match[2] for match in _PATTERNS[0][0].finditer(value)]
    return tuple(each for each in found if len(each) >= _SHORTEST)

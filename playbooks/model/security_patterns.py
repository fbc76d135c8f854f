"""Patterns that are ready for use: what attacks look like in usual logs.

They want the shape of an attack, not its words: "update" and "delete" are in every other line. Gaps
in requests are blanks, `+` or `%20`, quotes are `'` or `%27`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ReadyMade = Literal["nginx", "postgres", "app"]

_GAP = r"(?:\s|\+|%20)"
_QUOTE = r"(?:'|\"|%27|%22)"
_SQL = (
    rf"\bunion{_GAP}{{1,9}}(?:all{_GAP}{{1,9}})?select\b"
    rf"|{_QUOTE}{_GAP}{{0,9}}(?:or|and){_GAP}{{1,9}}{_QUOTE}?\w{{1,20}}{_QUOTE}?{_GAP}{{0,9}}(?:=|%3d)"
    rf"|(?:;|%3b){_GAP}{{0,9}}(?:drop{_GAP}{{1,9}}table|delete{_GAP}{{1,9}}from|insert{_GAP}{{1,9}}into)\b"
    r"|\b(?:pg_sleep|benchmark|waitfor\s{1,9}delay)\s{0,9}\("
)
_SHELL = (
    r"(?:\$|%24)(?:\{|%7b)jndi:"
    rf"|(?:;|\||%3b|%7c|`|\$\(){_GAP}{{0,9}}(?:wget|curl|nc|bash|sh){_GAP}{{1,9}}(?:-|%2d|http)"
)


@dataclass(frozen=True)
class Ready:
    """`at_least` lines of it within ten minutes are an alert; `by` whom they are counted."""

    pattern: str
    at_least: int
    by: Literal["all", "source"] = "all"


READY_MADE: Mapping[ReadyMade, Mapping[str, Ready]] = MappingProxyType(
    {
        "nginx": MappingProxyType(
            {
                "failed-login": Ready(
                    r'" 401 \d{1,12} |"status": ?"?401\b'
                    r"|user \"[^\"]{0,200}\":? (?:was not found|password mismatch)",
                    10,
                    "source",
                ),
                "sql-injection": Ready(_SQL, 3),
                "path-traversal": Ready(
                    r"(?:(?:\.|%2e){2}(?:/|\\|%2f|%5c)){2}|/etc/(?:passwd|shadow)\b", 3
                ),
                "script-injection": Ready(r"(?:<|%3c)script\b|\bjavascript(?::|%3a)", 5),
                "shell-injection": Ready(_SHELL, 1),
                "probing": Ready(
                    r"/(?:\.env|\.git/(?:config|HEAD)|wp-login\.php|phpmyadmin|vendor/phpunit)\b",
                    5,
                    "source",
                ),
            }
        ),
        "postgres": MappingProxyType(
            {
                "failed-login": Ready(
                    r"FATAL:\s{1,9}(?:password|peer|ident|scram|ldap|gssapi|certificate)?"
                    r" ?authentication failed"
                    r"|FATAL:\s{1,9}no pg_hba\.conf entry"
                    r"|FATAL:\s{1,9}role \"[^\"]{0,80}\" does not exist",
                    5,
                ),
                "permission-denied": Ready(r"ERROR:\s{1,9}permission denied for ", 10),
                "sql-injection": Ready(
                    r"ERROR:\s{1,9}unterminated quoted string"
                    r"|ERROR:\s{1,9}syntax error at or near \"(?:'|union|or)\"",
                    5,
                ),
            }
        ),
        "app": MappingProxyType(
            {
                "failed-login": Ready(
                    r"\b(?:authentication|login|log-in|sign-?in) (?:has )?fail(?:ed|ure)"
                    r"|\bfailed (?:login|log-in|sign-?in|password|authentication)\b"
                    r"|\b(?:invalid|bad|wrong) (?:credentials|password|username or password)\b",
                    10,
                ),
                "token-refused": Ready(
                    r"\b(?:invalid|expired|malformed) (?:jwt|token|signature)\b", 30
                ),
                "sql-injection": Ready(_SQL, 3),
                "shell-injection": Ready(_SHELL, 1),
            }
        ),
    }
)

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


_SQL_WORDS = (
    *("select", "sleep", "benchmark", "waitfor"),
    *("or ", "or\t", "or+", "or%20", "and ", "and\t", "and+", "and%20"),
    *("drop", "delete", "insert"),
)
_SHELL_WORDS = ("jndi", "wget", "curl", "nc", "bash", "sh ", "sh\t", "sh+", "sh%20")


@dataclass(frozen=True)
class Ready:
    """`at_least` lines of it within ten minutes are an alert; `by` whom they are counted. A line
    without any of `words`, in small letters, does not fit the pattern: that is told much faster."""

    pattern: str
    at_least: int
    by: Literal["all", "source"] = "all"
    words: tuple[str, ...] = ()


READY_MADE: Mapping[ReadyMade, Mapping[str, Ready]] = MappingProxyType(
    {
        "nginx": MappingProxyType(
            {
                "failed-login": Ready(
                    r'" 401 \d{1,12} |"status": ?"?401\b'
                    r"|user \"[^\"]{0,200}\":? (?:was not found|password mismatch)",
                    10,
                    "source",
                    ("401", "was not found", "password mismatch"),
                ),
                "sql-injection": Ready(_SQL, 3, words=_SQL_WORDS),
                "path-traversal": Ready(
                    r"(?:(?:\.|%2e){2}(?:/|\\|%2f|%5c)){2}|/etc/(?:passwd|shadow)\b",
                    3,
                    words=("..", "%2e", "/etc/"),
                ),
                "script-injection": Ready(
                    r"(?:<|%3c)script\b|\bjavascript(?::|%3a)", 5, words=("script",)
                ),
                "shell-injection": Ready(_SHELL, 1, words=_SHELL_WORDS),
                "probing": Ready(
                    r"/(?:\.env|\.git/(?:config|HEAD)|wp-login\.php|phpmyadmin|vendor/phpunit)\b",
                    5,
                    "source",
                    (".env", ".git", "wp-login", "phpmyadmin", "phpunit"),
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
                    words=("fatal:",),
                ),
                "permission-denied": Ready(
                    r"ERROR:\s{1,9}permission denied for ", 10, words=("permission denied",)
                ),
                "sql-injection": Ready(
                    r"ERROR:\s{1,9}unterminated quoted string"
                    r"|ERROR:\s{1,9}syntax error at or near \"(?:'|union|or)\"",
                    5,
                    words=("unterminated", "syntax error"),
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
                    words=("fail", "credentials", "password"),
                ),
                "token-refused": Ready(
                    r"\b(?:invalid|expired|malformed) (?:jwt|token|signature)\b",
                    30,
                    words=("invalid", "expired", "malformed"),
                ),
                "sql-injection": Ready(_SQL, 3),
                "shell-injection": Ready(_SHELL, 1, words=_SHELL_WORDS),
            }
        ),
    }
)

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ready.pattern: ready.words for each in READY_MADE.values() for ready in each.values()}
)
"""The words of ready-made patterns, by the patterns themselves."""

"""What YAML's own errors mean for somebody who writes a stack file."""

import re
from collections.abc import Callable, Sequence

import yaml

_Say = Callable[[yaml.MarkedYAMLError, str], str]
_QUOTES = "put quotes around the value"


def advice(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[int, str]:
    """The line (from 1) where the mistake is, and what was expected there instead of `problem`."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    problem = error.problem or ""
    opened = error.context_mark.line + 1 if error.context_mark else line
    for pattern, at, say in _MEANINGS:
        if re.search(pattern, f"{error.context or ''}: {problem}"):
            its = opened if at == "opened" else line
            return its, say(error, lines[its - 1] if its <= len(lines) else "")
    return line, f"this is not YAML ({problem}); check quotes and indentation"


def _unclosed(error: yaml.MarkedYAMLError, _: str) -> str:
    closing = "]" if "sequence" in (error.context or "") else "}"
    opening = "[" if closing == "]" else "{"
    return f"this is not YAML: the {opening!r} is not closed; write {closing!r} at its end"


def _open_quote(_: yaml.MarkedYAMLError, __: str) -> str:
    return "this is not YAML: a quote opens here and is not closed; write the same quote at its end"


def _two_values(_: yaml.MarkedYAMLError, text: str) -> str:
    if re.search(r":\s.*:(\s|$)", text):
        return f"this is not YAML: a second ': ' in one value; {_QUOTES}"
    return (
        "this is not YAML: a 'key: value' where none may stand; give it the indentation of the "
        "keys beside it, and the line above a ':' at its end if it opens a block"
    )


def _no_colon(_: yaml.MarkedYAMLError, text: str) -> str:
    word = text.strip()[:40]
    return f"this is not YAML: expected ': ' after {word!r}; write '{word}: …', or '{word}:'"


def _tab(_: yaml.MarkedYAMLError, __: str) -> str:
    return "this is not YAML: a tab in the indentation; indent with spaces, two for each level"


def _odd_start(error: yaml.MarkedYAMLError, _: str) -> str:
    found = re.search(r"found character '(.)'", error.problem or "")
    sign = found.group(1) if found else "this"
    return f"this is not YAML: a value may not begin with {sign!r}; {_QUOTES}"


def _indented(_: yaml.MarkedYAMLError, text: str) -> str:
    word = text.strip()[:40]
    return (
        f"this is not YAML: {word!r} stands where a key of the block above or the end of the block "
        "is expected; give it the indentation of the lines it belongs to"
    )


def _alias(_: yaml.MarkedYAMLError, __: str) -> str:
    return f"this is not YAML: '*' begins an alias that is not defined; {_QUOTES}"


def _documents(_: yaml.MarkedYAMLError, __: str) -> str:
    return "a second document begins here; keep one in a file, and remove the '---'"


def _escape(_: yaml.MarkedYAMLError, __: str) -> str:
    return "this is not YAML: an unknown escape after '\\'; use single quotes, or write '\\\\'"


_MEANINGS: tuple[tuple[str, str, _Say], ...] = (
    (r"flow (sequence|mapping): expected ','", "opened", _unclosed),
    (r"quoted scalar: found unexpected (end of stream|document)", "opened", _open_quote),
    (r"mapping values are not allowed", "found", _two_values),
    (r"simple key: could not find expected ':'", "opened", _no_colon),
    (r"found character '\\t'", "found", _tab),
    (r"found character '.' that cannot start", "found", _odd_start),
    (r"expected <block end>", "found", _indented),
    (r"undefined alias|scanning an alias", "found", _alias),
    (r"found another document", "found", _documents),
    (r"unknown escape", "found", _escape),
)

"""Regular expressions of people, matched within a time."""

import time
from importlib import import_module
from typing import Any

from playbooks.errors import BadArgument

_LONGEST = 500
_LINE_SECONDS = 0.25
_ALL_SECONDS = 5.0


class LinePattern:
    """A regular expression, upper and lower case as one.

    A pattern that runs wild on some line is given up: `found` raises BadArgument after a quarter
    of a second for one line, or five seconds for all lines together. Other threads go on meanwhile.
    """

    def __init__(self, text: str) -> None:
        """Raises BadArgument with the place where the pattern is broken."""
        if len(text) > _LONGEST:
            raise BadArgument(
                f"The pattern has {len(text)} characters; {_LONGEST} at most are matched.",
                "Look for a shorter piece of the line.",
            )
        # Python's own `re` knows no time limit. It is loaded when somebody looks for a pattern.
        regex = import_module("regex")
        try:
            self._pattern: Any = regex.compile(text, regex.IGNORECASE)
        except (regex.error, RecursionError, OverflowError) as error:
            raise BadArgument(
                f"`{text}` is no regular expression: {error}.",
                "Put a \\ before signs that stand for themselves, like \\[ or \\(.",
            ) from error
        self.text = text
        self._left = _ALL_SECONDS

    def found(self, line: str) -> bool:
        """Whether the pattern is somewhere in the line. Raises BadArgument when it takes too
        long."""
        began = time.monotonic()
        try:
            hit = self._pattern.search(
                line, timeout=max(min(_LINE_SECONDS, self._left), 0.001), concurrent=True
            )
        except TimeoutError as error:
            raise BadArgument(
                f"`{self.text}` takes too long to match: a line of {len(line)} characters was not "
                "done in time.",
                "Write it without a repetition inside a repetition, like (a+)+.",
            ) from error
        self._left -= time.monotonic() - began
        return hit is not None

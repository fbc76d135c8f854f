"""Texts of queries without what people wrote into them: values are masked, comments left out."""

import re

MOST = 160
_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<dollar> (?<![\w$]) \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? (?:\$(?P=tag)\$|\Z) )
    | (?P<escaped> (?<!\w) [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) )
    | (?P<literal> '(?:[^']|'')*(?:'|\Z) )
    | (?P<name> "(?:[^"]|"")*(?:"|\Z) )
    | (?P<number> (?<![\w$]) \d[\w.]* )
    """,
    re.VERBOSE | re.DOTALL,
)


def shown_query(text: str | None, most: int = MOST) -> str:
    """One line of at most `most` characters, in which values of every kind are `?`.

    Where it cannot be told where a value ends, all that follows is masked. A text that the server
    keeps from us is said to be hidden.
    """
    if not text:
        return "not shown"
    if text == "<insufficient privilege>":
        return "hidden: the role has to be a member of pg_read_all_stats"
    masked = " ".join(_masked(text).split())
    return masked if len(masked) <= most else f"{masked[: most - 1].rstrip()}…"


def _masked(text: str) -> str:
    kept, at = [], 0
    for token in _TOKEN.finditer(text):
        kept.append(text[at : token.start()])
        at = token.end()
        match token.lastgroup:
            case "name":
                kept.append(token[0])
            case "comment" if "/*" in token[0][2:]:
                # Comments may hold comments: it cannot be told which end is this one's.
                return "".join([*kept, " …"])
            case "comment":
                kept.append(" ")
            case "literal" if "\\'" in token[0]:
                # With backslashes as in old servers the value would go on behind this quote.
                return "".join([*kept, "? …"])
            case _:
                kept.append("?")
    return "".join([*kept, text[at:]])

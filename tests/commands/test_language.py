"""What phones and Slack do to a text is undone before it is read."""

import pytest

from commands.language import plain, quoted, words
from playbooks.errors import BadArgument


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("restore harbor postgres —beside", "restore harbor postgres --beside"),
        ("restore harbor postgres –undo", "restore harbor postgres --undo"),
        ("restore harbor postgres −−undo", "restore harbor postgres --undo"),
        ("restore harbor postgres -–undo", "restore harbor postgres --undo"),
        ("status –h", "status -h"),
        ("status —h", "status -h"),
        ("backups show 20261122–010203–k3f9q2", "backups show 20261122-010203-k3f9q2"),
        ("logs harbor api —grep “a b”", 'logs harbor api --grep "a b"'),
        ("logs harbor api --grep ‘a b’", "logs harbor api --grep 'a b'"),
        ("logs harbor api --grep „a b“", 'logs harbor api --grep "a b"'),
        ("status\u00a0harbor\u200b", "status harbor"),
        ("logs harbor api --grep &lt;a&gt;&amp;b", "logs harbor api --grep <a>&b"),
        ("logs harbor api --grep <http://a.b|a.b>", "logs harbor api --grep a.b"),
        ("logs harbor api --grep <http://a.b/c>", "logs harbor api --grep http://a.b/c"),
        ("status <@U123|ana>", "status <@U123|ana>"),
    ],
)
def test_typography_becomes_plain(typed: str, meant: str) -> None:
    """Dashes, quotes, odd spaces and Slack's escapes become what was meant."""
    assert plain(typed) == meant


def test_quotes_hold_words_together() -> None:
    """A quoted text is one word."""
    assert words("a \"b c\" 'd e'") == ("a", "b c", "d e")


def test_an_apostrophe_is_no_quote() -> None:
    """What people write is kept: only a quote before a word opens a quoted text."""
    assert words("it's the dogs' bowl") == ("it's", "the", "dogs'", "bowl")
    assert words("say \"it's\" and 'it is'") == ("say", "it's", "and", "it is")


@pytest.mark.parametrize("text", ['a "b', "a 'b"])
def test_an_open_quote_is_named(text: str) -> None:
    """A quote that is never closed is said, with what to do."""
    with pytest.raises(BadArgument) as caught:
        words(text)
    assert text in caught.value.message
    assert "leave the" in caught.value.hint


def test_words_survive_quoting() -> None:
    """What `quoted` writes, `words` reads back."""
    parts = ("a b", "c", "it's", "")
    assert words(quoted(parts)) == parts

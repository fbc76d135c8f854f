"""Known secrets never leave, however they are written and wherever a chunk ends."""

import base64
import html
import json
import shlex
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.redactor import MASK, Redactor
from notifiers.views.text import clip_plain, escape

SECRET = 'p@ss/w"ö&<rd>\\ 9'

ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 without padding": lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "URL": lambda s: quote(s, safe=""),
    "URL, lower case": lambda s: "".join(
        f"%{b:02x}"
        if b > 127
        else quote(chr(b), safe="").lower()
        if not chr(b).isalnum()
        else chr(b)
        for b in s.encode()
    ),
    "form": quote_plus,
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON with unicode": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "repr": lambda s: repr(s)[1:-1],
    "repr of bytes": lambda s: repr(s.encode())[2:-1],
    "HTML": html.escape,
    "mrkdwn": escape,
    "shell": shlex.quote,
}


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    return redactor


@pytest.mark.parametrize("name", ENCODINGS)
def test_common_encodings_are_masked(name: str) -> None:
    """A secret is masked in each of the ways in which it usually leaks."""
    written = ENCODINGS[name](SECRET)
    said = knowing(SECRET).redact(f"before {written} after")
    assert said.replace("'", "") == f"before {MASK} after"


@pytest.mark.parametrize("user", ["a", "ab", "abc", "postgres"])
def test_a_secret_inside_longer_base64_is_masked(user: str) -> None:
    """Basic authentication shifts the secret by any number of bits; its core is still found."""
    header = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    said = knowing(SECRET).redact(f"Authorization: Basic {header}")
    assert MASK in said
    assert len(said) < len(f"Authorization: Basic {header}")


def test_short_values_are_left_alone() -> None:
    """A value of seven characters would mask half of any text."""
    assert knowing("harbor1").redact("harbor1 is up") == "harbor1 is up"
    assert knowing("harbor12").redact("harbor12 is up") == f"{MASK} is up"


def test_a_long_secret_hides_the_short_one_inside_it() -> None:
    """Where one secret contains another, nothing of the longer one is left over."""
    assert knowing("password", "password-of-harbor").redact("=password-of-harbor;") == f"={MASK};"


def test_lines_of_a_key_are_masked_one_by_one() -> None:
    """A private key quoted line by line does not get through."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\n-----END KEY-----\n"
    said = knowing(key).redact("line 2: MIIEvQIBADANBgkqhkiG")
    assert said == f"line 2: {MASK}"


def test_json_is_masked_in_depth() -> None:
    """Texts anywhere in a value are masked, other values stay as they are."""
    said = knowing(SECRET).redact_json({"a": [SECRET, 1, None], "b": {"c": f"x{SECRET}"}})
    assert said == {"a": [MASK, 1, None], "b": {"c": f"x{MASK}"}}


def test_without_secrets_nothing_changes() -> None:
    """A redactor that knows nothing is no obstacle, in streams neither."""
    redactor = Redactor()
    stream = redactor.stream()
    assert redactor.redact("plain") == "plain"
    assert stream.feed("plain") + stream.close() == "plain"


@given(
    st.lists(st.sampled_from([SECRET, "harbor-secret-2", "x", "some text ", "p@ss"]), max_size=12),
    st.lists(st.integers(min_value=0, max_value=200), max_size=12),
)
def test_a_stream_masks_across_any_border(parts: list[str], cuts: list[int]) -> None:
    """However a text is cut into chunks, the stream says what redacting the whole would say."""
    whole = "".join(parts)
    redactor = knowing(SECRET, "harbor-secret-2")
    borders = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    stream = redactor.stream()
    said = "".join(stream.feed(whole[a:b]) for a, b in pairwise(borders))
    assert said + stream.close() == redactor.redact(whole)


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_secret_cut_by_an_ellipsis_does_not_show_its_beginning(name: str) -> None:
    """Wherever a text was cut inside a secret, at most three characters of it are left."""
    written = ENCODINGS[name](SECRET)
    redactor = knowing(SECRET)
    for length in range(1, len(written)):
        said = redactor.redact(f"failed: {written[:length]}… and {written}")
        shown = said.removeprefix("failed: ").partition("…")[0]
        assert shown.replace("'", "") in {MASK, written[:length].replace("'", "")}
        assert len(shown.replace("'", "")) <= 4


@given(st.text(min_size=8, max_size=40), st.text(max_size=60), st.integers(1, 120))
def test_clipping_before_masking_shows_no_more_than_masking_first(
    secret: str, before: str, limit: int
) -> None:
    """A message clipped for Slack and then masked shows nothing telling of a secret in it."""
    redactor = knowing(secret)
    said = redactor.redact(clip_plain(f"{before}{secret}", limit))
    beginning = secret[:5]
    if beginning not in before and "…" not in secret and secret.strip() == secret:
        assert not said.removesuffix("…").endswith(beginning)


def test_what_only_looks_cut_stays() -> None:
    """An ellipsis after other words masks nothing."""
    assert knowing(SECRET).redact("… 4 before, p@s… and so on…") == "… 4 before, p@s… and so on…"

"""What steps write, on its way into threads."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.speech import MOST_PARTS, PART_CHARACTERS, Place, Speeches
from notifiers.redactor import Redactor

_PLACE = Place("k3f9q2", "do", "script", 1)


def _said(speeches: Speeches) -> tuple[list[str], str]:
    [(_, _, messages, whole)] = speeches.news()
    return [message.text for message in messages], whole


def test_short_speech_is_one_message_and_no_file() -> None:
    """A few lines are one message, which is edited as they come."""
    speeches = Speeches()
    speeches.say(_PLACE, "script", "one\ntw", Redactor())
    assert _said(speeches) == (["one"], "")
    speeches.say(_PLACE, "script", "o\nthree", Redactor())
    speeches.end("k3f9q2", "script")
    assert _said(speeches) == (["one\ntwo\nthree"], "")
    assert not speeches.news()


def test_long_speech_ends_as_a_file() -> None:
    """A long one shows its first messages, the newest lines, and all of it in a file."""
    speeches, lines = Speeches(), [f"line {number:05}" for number in range(5000)]
    speeches.say(_PLACE, "script", "\n".join(lines) + "\n", Redactor())
    shown, _ = _said(speeches)
    assert len(shown) == MOST_PARTS + 1 and all(len(part) <= PART_CHARACTERS for part in shown)
    assert shown[0].startswith("line 00000") and shown[-1].endswith("line 04999")
    speeches.end("k3f9q2", "script")
    _, whole = _said(speeches)
    assert whole.splitlines() == lines


def test_the_middle_of_an_endless_speech_is_left_out() -> None:
    """Memory stays bounded, and the file says how much is missing."""
    speeches = Speeches()
    for number in range(60_000):
        speeches.say(_PLACE, "script", f"{number:07} {'x' * 40}\n", Redactor())
    speeches.end("k3f9q2", "script")
    _, whole = _said(speeches)
    assert len(whole) < 1_000_000 and "lines left out" in whole
    assert whole.startswith("0000000") and whole.splitlines()[-1].startswith("0059999")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=9)), st.integers(min_value=0, max_value=30))
def test_secrets_are_masked_wherever_the_chunks_end(sizes: list[int], before: int) -> None:
    """A secret never reaches a message, however it is cut."""
    redactor, speeches = Redactor(), Speeches()
    redactor.learn("Sesame-street-1")
    text = "." * before + "Sesame-street-1 said\n"
    for size in (*sizes, len(text)):
        speeches.say(_PLACE, "script", text[:size], redactor)
        text = text[size:]
    speeches.end("k3f9q2", "script")
    shown, _ = _said(speeches)
    assert "Sesame-street-1" not in "".join(shown) and "said" in "".join(shown)

"""Blocks keep Slack's limits by construction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.blocks.blocks import check_message_blocks
from notifiers.views import blocks, limits


def test_long_text_becomes_several_sections_and_loses_nothing() -> None:
    """Text over the limit of one section is split between lines; every line is still there."""
    lines = [f"line {n} " + "x" * 90 for n in range(100)]
    made = blocks.sections("\n".join(lines))
    assert len(made) > 3
    assert "\n".join(block["text"]["text"] for block in made).split("\n") == lines
    assert check_message_blocks(made)


@given(st.text(min_size=1, max_size=9000).filter(str.strip))
def test_split_text_is_the_whole_text(raw: str) -> None:
    """However text is cut into blocks of code, no character but line ends is lost."""
    parts = [b["elements"][0]["elements"][0]["text"] for b in blocks.code(raw)]
    assert all(0 < len(part) <= limits.TEXT for part in parts)
    kept = "".join("".join(parts).split())
    assert kept == "".join(raw.split())


def test_a_cut_never_falls_into_a_mention() -> None:
    """A mention at the border goes to the next block as a whole."""
    text = "x" * (limits.TEXT - 4) + "<@U0123456789>"
    first, second = blocks.sections(text)
    assert first["text"]["text"] == "x" * (limits.TEXT - 4)
    assert second["text"]["text"] == "<@U0123456789>"


def test_more_than_ten_fields_take_two_sections() -> None:
    """Eleven fields are ten and one; a field without a value is left out."""
    pairs = [(f"Label {n}", "value") for n in range(11)] + [("Empty", "")]
    made = blocks.fields(pairs)
    assert [len(block["fields"]) for block in made] == [10, 1]


def test_a_table_says_how_many_rows_it_leaves_out() -> None:
    """Slack takes 100 rows; the line below counts the others and says where they are."""
    rows = [[f"run{n}", "succeeded"] for n in range(150)]
    made = blocks.table(["ID", "State"], rows, more="`/ops runs --before run98`")
    assert len(made[0]["rows"]) == 100
    assert made[1]["elements"][0]["text"] == "… and 51 more, `/ops runs --before run98`"
    assert check_message_blocks(made)


def test_a_table_of_wide_cells_stays_under_slacks_characters() -> None:
    """Wide rows are left out and counted before the table gets too long."""
    made = blocks.table(["A", "B"], [["x" * 900, ""] for _ in range(30)])
    assert check_message_blocks(made)
    shown = len(made[0]["rows"]) - 1
    assert made[1]["elements"][0]["text"] == f"… and {30 - shown} more"


def test_pages_hold_all_blocks_and_say_their_number() -> None:
    """What is too much for one message goes into numbered pages, each valid."""
    made = blocks.pages("Audit", blocks.sections("\n".join(["word " * 20] * 800)))
    assert len(made) > 3
    for number, page in enumerate(made, start=1):
        assert f"(page {number} of {len(made)})" in page.text
        assert check_message_blocks(list(page.blocks))


def test_a_short_answer_is_one_message_without_a_page_number() -> None:
    """One page needs no number."""
    (page,) = blocks.pages("Audit", blocks.sections("nothing yet"))
    assert page.text == "Audit"
    assert len(page.blocks) == 1


@pytest.mark.parametrize("length", [10, 151, 4000])
def test_a_long_headline_is_said_in_full_below(length: int) -> None:
    """A header takes 150 characters; a longer line follows whole, up to a section."""
    made = blocks.headline("w" * length)
    assert check_message_blocks(made)
    assert (len(made) > 1) == (length > limits.HEADER)

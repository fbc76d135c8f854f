"""Block Kit: every limit holds at its boundary, and strangers are refused by JSON pointer."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.blocks.blocks import MESSAGE_TEXT_MOST, check_message_blocks
from bot.workspace.blocks.views import check_view
from bot.workspace.errors import SlackError
from tests.support.workspace import Sim

Json = dict[str, Any]


def plain(length: int = 1) -> Json:
    """A plain_text object of that many characters."""
    return {"type": "plain_text", "text": "x" * length}


def section(length: int = 1, **more: Any) -> Json:
    """A section of that many characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}, **more}


def button(**more: Any) -> Json:
    """A button."""
    return {"type": "button", "text": plain(), **more}


def actions(*elements: Json) -> list[Json]:
    """An actions block."""
    return [{"type": "actions", "elements": list(elements)}]


def options(count: int, text: int = 1, value: int = 4) -> list[Json]:
    """Options with distinct values of that length."""
    return [{"text": plain(text), "value": f"{n:0{value}d}"} for n in range(count)]


def select(**more: Any) -> list[Json]:
    """A static_select in an actions block."""
    return actions({"type": "static_select", "placeholder": plain(), **more})


def confirm(**more: Any) -> list[Json]:
    """A button with a confirm dialog."""
    return actions(button(confirm={"title": plain(), "text": plain(), **more}))


def table(rows: int, columns: int, text: int = 1) -> list[Json]:
    """A table whose cells have that many characters."""
    cell = {"type": "raw_text", "text": "x" * text}
    return [{"type": "table", "rows": [[cell] * columns for _ in range(rows)]}]


LIMITS: dict[str, tuple[Callable[[int], list[Json]], int]] = {
    "blocks of a message": (lambda n: [{"type": "divider"}] * n, 50),
    "section text": (lambda n: [section(n)], 3000),
    "header": (lambda n: [{"type": "header", "text": plain(n)}], 150),
    "section fields": (lambda n: [{"type": "section", "fields": [plain()] * n}], 10),
    "field text": (lambda n: [{"type": "section", "fields": [plain(n)]}], 2000),
    "actions": (lambda n: actions(*[button()] * n), 25),
    "context": (lambda n: [{"type": "context", "elements": [plain()] * n}], 10),
    "button text": (lambda n: actions(button(text=plain(n))), 75),
    "button value": (lambda n: actions(button(value="x" * n)), 2000),
    "button url": (lambda n: actions(button(url="x" * n)), 3000),
    "action_id": (lambda n: actions(button(action_id="x" * n)), 255),
    "block_id": (lambda n: [section(block_id="x" * n)], 255),
    "options": (lambda n: select(options=options(n)), 100),
    "option text": (lambda n: select(options=options(1, text=n)), 75),
    "option value": (lambda n: select(options=options(1, value=n)), 150),
    "overflow": (lambda n: actions({"type": "overflow", "options": options(n)}), 5),
    "placeholder": (
        lambda n: (
            select(options=options(1))
            and actions({"type": "static_select", "options": options(1), "placeholder": plain(n)})
        ),
        150,
    ),
    "confirm title": (lambda n: confirm(title=plain(n)), 100),
    "confirm text": (lambda n: confirm(text=plain(n)), 300),
    "confirm button": (lambda n: confirm(confirm=plain(n)), 30),
    "deny button": (lambda n: confirm(deny=plain(n)), 30),
    "markdown": (lambda n: [{"type": "markdown", "text": "x" * n}], 12_000),
    "markdown in all": (
        lambda n: [
            {"type": "markdown", "text": "x" * 6000},
            {"type": "markdown", "text": "x" * (n - 6000)},
        ],
        12_000,
    ),
    "table rows": (lambda n: table(n, 2), 100),
    "table columns": (lambda n: table(2, n), 20),
    "table characters": (lambda n: table(1, 1, n), 10_000),
    "tables": (lambda n: table(1, 1) * n, 1),
    "image alt text": (
        lambda n: [{"type": "image", "image_url": "http://x/y.png", "alt_text": "x" * n}],
        2000,
    ),
    "checkboxes": (
        lambda n: actions({"type": "checkboxes", "options": options(n)}),
        10,
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_boundary(name: str) -> None:
    """n is accepted; n + 1 is invalid_blocks with a JSON pointer into the blocks."""
    build, most = LIMITS[name]
    assert check_message_blocks(build(most))
    with pytest.raises(SlackError) as caught:
        check_message_blocks(build(most + 1))
    assert caught.value.code == "invalid_blocks"
    assert "[json-pointer:/blocks" in caught.value.details[0]


def test_all_text_of_a_message_together() -> None:
    """More than about 13,200 characters are msg_blocks_too_long, however they are spread."""
    full = [section(3000)] * 4 + [section(MESSAGE_TEXT_MOST - 12_000)]
    assert len(check_message_blocks(full)) == 5
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        check_message_blocks([*full, section(1)])


@pytest.mark.parametrize(
    ("blocks", "pointer", "says"),
    [
        ([{"type": "sparkle"}], "/blocks/0", "unsupported type: sparkle"),
        ([{"type": ["section"]}], "/blocks/0", "unsupported type"),
        ([{"text": "x"}], "/blocks/0", "missing required field: type"),
        (actions({"type": "dial"}), "/blocks/0/elements/0", "unsupported type: dial"),
        (actions({"type": "plain_text_input"}), "/blocks/0/elements/0", "unsupported type"),
        ([{"type": "section"}], "/blocks/0", "at least one of: text, fields"),
        ([section(colour="red")], "/blocks/0", "invalid additional property: colour"),
        ([section(0)], "/blocks/0/text/text", "must be more than 0 characters"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text", "mrkdwn"),
        (actions(), "/blocks/0/elements", "no fewer than 1 items"),
        (actions(button(style="red")), "/blocks/0/elements/0/style", "primary, danger"),
        (actions(button(action_id="a"), button(action_id="a")), "/blocks/0", "already exists"),
        ([section(block_id="b")] * 2, "/blocks/1/block_id", "block_id b already exists"),
        (
            select(options=options(1), initial_option={"text": plain(), "value": "other"}),
            "/blocks/0/elements/0/initial_option",
            "one of the options",
        ),
    ],
)
def test_refusals_name_the_place(blocks: list[Json], pointer: str, says: str) -> None:
    """A bad block is named by its JSON pointer and by what is wrong."""
    with pytest.raises(SlackError) as caught:
        check_message_blocks(blocks)
    assert any(f"[json-pointer:{pointer}]" in each for each in caught.value.details)
    assert any(says in each for each in caught.value.details)


def modal(**more: Any) -> Json:
    """A modal."""
    return {"type": "modal", "title": plain(), "blocks": [section()], **more}


VIEW_LIMITS: dict[str, tuple[Callable[[int], Json], int]] = {
    "blocks": (lambda n: modal(blocks=[{"type": "divider"}] * n), 100),
    "title": (lambda n: modal(title=plain(n)), 24),
    "submit": (lambda n: modal(submit=plain(n)), 24),
    "close": (lambda n: modal(close=plain(n)), 24),
    "private_metadata": (lambda n: modal(private_metadata="x" * n), 3000),
    "callback_id": (lambda n: modal(callback_id="x" * n), 255),
    "external_id": (lambda n: modal(external_id="x" * n), 255),
}


@pytest.mark.parametrize("name", VIEW_LIMITS)
def test_view_boundary(name: str) -> None:
    """n is accepted; n + 1 is invalid_arguments with a JSON pointer into the view."""
    build, most = VIEW_LIMITS[name]
    assert check_view(build(most))["type"] == "modal"
    with pytest.raises(SlackError) as caught:
        check_view(build(most + 1))
    assert caught.value.code == "invalid_arguments"
    assert "[json-pointer:/view" in caught.value.details[0]


def test_views_refuse_what_only_messages_may_have() -> None:
    """A markdown block, a table, and inputs without submit are refused in a modal."""
    field = {
        "type": "input",
        "label": plain(),
        "element": {"type": "plain_text_input", "action_id": "a"},
    }
    for blocks in ([{"type": "markdown", "text": "x"}], table(1, 1), [field]):
        with pytest.raises(SlackError, match="invalid_arguments"):
            check_view(modal(blocks=blocks))
    assert check_view(modal(blocks=[field], submit=plain()))


def test_a_huge_view_is_too_large() -> None:
    """More than 250 kB are view_too_large even when each block is small enough."""
    fields = [{"type": "section", "fields": [plain(2000)] * 10} for _ in range(13)]
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(blocks=fields))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "text", "elements", "fields", "block_id", "x"]),
                inner
                | st.sampled_from(
                    ["section", "actions", "header", "mrkdwn", "plain_text", "button"]
                ),
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_anything_is_accepted_or_refused_by_name(blocks: Any) -> None:
    """Whatever JSON comes, the answer is blocks or a SlackError, never another failure."""
    try:
        assert isinstance(check_message_blocks(blocks), list)
    except SlackError as error:
        assert error.code in ("invalid_blocks", "invalid_blocks_format")


def test_ids_and_text_defaults_are_filled_in(sim: Sim) -> None:
    """Stored blocks have the block_id, action_id, emoji and verbatim that Slack adds."""
    sim.post(blocks=[section(), *actions(button())])
    text, row = sim.messages()[0]["blocks"]
    assert text["block_id"]
    assert text["text"]["verbatim"] is False
    assert row["elements"][0]["action_id"]
    assert row["elements"][0]["text"]["emoji"] is True


def test_the_api_answers_with_slacks_names(sim: Sim) -> None:
    """chat.postMessage says invalid_blocks with the pointer in response_metadata."""
    answer = sim.api("chat.postMessage", channel="C0OPS", blocks=[{"type": "sparkle"}])
    assert answer["error"] == "invalid_blocks"
    [message] = answer["response_metadata"]["messages"]
    assert message.startswith("[ERROR] ")
    assert "[json-pointer:/blocks/0]" in message
    assert sim.api("chat.postMessage", channel="C0OPS")["error"] == "no_text"
    assert (
        sim.api("chat.postMessage", channel="C0OPS", blocks="x")["error"] == "invalid_blocks_format"
    )
    long = sim.api("chat.postMessage", channel="C0OPS", text="x" * 40_001)
    assert long["error"] == "msg_too_long"
    assert sim.messages() == []

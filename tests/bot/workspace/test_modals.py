"""Triggers, modal stacks, form checks, state, and presses inside a modal."""

import threading
from typing import Any

import pytest

from tests.bot.workspace.conftest import Start
from tests.support.workspace import BareSocket, Sim, eventually

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def field(block_id: str, element: Json, **more: Any) -> Json:
    """An input block."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": {"action_id": "value", **element},
        **more,
    }


def modal(*blocks: Json, **more: Any) -> Json:
    """A modal with these blocks."""
    return {
        "type": "modal",
        "title": plain("Title"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [{"type": "divider"}],
        **more,
    }


def trigger(sim: Sim, socket: BareSocket) -> str:
    """Types a command, acknowledges it and returns its trigger_id."""
    body = {"user": "ana", "channel": "ops", "command": "/ops", "text": "x", "wait": False}
    assert sim.act("command", **body)["status"] == "sent"
    frame = socket.frame()
    socket.ack(frame)
    return str(frame["payload"]["trigger_id"])


def opened(sim: Sim, socket: BareSocket, view: Json) -> Json:
    """Opens a modal in front of ana."""
    answer = sim.api("views.open", trigger_id=trigger(sim, socket), view=view)
    assert answer["ok"], answer
    view_object: Json = answer["view"]
    return view_object


def submitted(sim: Sim, socket: BareSocket, view: Json, values: Json, ack: Json | None) -> Json:
    """Submits as ana, answers as the bot; the result, with what the bot got as `payload`."""
    results: list[Json] = []
    body = {"user": "ana", "view_id": view["id"], "values": values}
    thread = threading.Thread(target=lambda: results.append(sim.act("submit", **body)))
    thread.start()
    frame = socket.frame()
    socket.ack(frame, ack)
    thread.join()
    return {**results[0], "payload": frame["payload"]}


def test_a_trigger_is_exchanged_once(sim: Sim) -> None:
    """The second use, an unknown and an expired trigger each have Slack's error."""
    socket = sim.socket()
    trigger_id = trigger(sim, socket)
    assert sim.api("views.open", trigger_id=trigger_id, view=modal())["ok"]
    again = sim.api("views.open", trigger_id=trigger_id, view=modal())
    assert again["error"] == "exchanged_trigger_id"
    unknown = sim.api("views.open", trigger_id="1.2.3", view=modal())
    assert unknown["error"] == "invalid_trigger_id"


def test_a_trigger_expires(start: Start) -> None:
    """After its seconds a trigger opens nothing."""
    sim = start(trigger_seconds=0.0)
    trigger_id = trigger(sim, sim.socket())
    answer = sim.api("views.open", trigger_id=trigger_id, view=modal())
    assert answer["error"] == "expired_trigger_id"
    assert sim.views() == []


def test_a_bad_view_costs_no_trigger(sim: Sim) -> None:
    """A refused view names its place, and the trigger still works."""
    socket = sim.socket()
    trigger_id = trigger(sim, socket)
    bad = sim.api("views.open", trigger_id=trigger_id, view=modal(title=plain("x" * 25)))
    assert bad["error"] == "invalid_arguments"
    assert "/view/title/text" in bad["response_metadata"]["messages"][0]
    assert sim.api("views.open", trigger_id=trigger_id, view=modal())["ok"]


def test_update_push_and_the_limit_of_three(sim: Sim) -> None:
    """update by id, hash and external id; push to three and no further; close takes the top."""
    socket = sim.socket()
    view = opened(sim, socket, modal(external_id="mine"))
    changed = modal(external_id="mine", title=plain("Other"))
    stale = sim.api("views.update", view_id=view["id"], hash="0.stale", view=changed)
    assert stale["error"] == "hash_conflict"
    assert sim.api("views.update", external_id="mine", view=changed)["ok"]
    assert sim.views()[0]["title"]["text"] == "Other"
    assert sim.api("views.update", view_id="VNONE", view=changed)["error"] == "not_found"
    for depth in (2, 3):
        pushed = sim.api("views.push", trigger_id=trigger(sim, socket), view=modal())
        assert sim.views()[-1]["stack_depth"] == depth
        assert pushed["view"]["root_view_id"] == view["id"]
    fourth = sim.api("views.push", trigger_id=trigger(sim, socket), view=modal())
    assert fourth["error"] == "push_limit_reached"
    body = {"user": "ana", "view_id": pushed["view"]["id"]}
    assert sim.http.post("/ui/close_view", json=body).status_code == 200
    assert [each["stack_depth"] for each in sim.views()] == [1, 2]


def test_state_has_slacks_shapes(sim: Sim) -> None:
    """Plain values become state objects by element type; untouched fields have their initial."""
    option = {"text": plain("One"), "value": "1"}
    view = modal(
        field("text", {"type": "plain_text_input"}),
        field("pick", {"type": "static_select", "options": [option]}),
        field("many", {"type": "checkboxes", "options": [option]}, optional=True),
        field("day", {"type": "datepicker", "initial_date": "2026-11-22"}),
        field("who", {"type": "users_select"}, optional=True),
    )
    socket = sim.socket()
    view = opened(sim, socket, view)
    values = {"text": {"value": "abc"}, "pick": {"value": "1"}, "many": {"value": ["1"]}}
    result = submitted(sim, socket, view, values, None)
    assert result["status"] == "ok"
    state = result["payload"]["view"]["state"]["values"]
    picked = state["pick"]["value"]
    assert state["text"]["value"] == {"type": "plain_text_input", "value": "abc"}
    assert (picked["type"], picked["selected_option"]["value"]) == ("static_select", "1")
    assert [each["value"] for each in state["many"]["value"]["selected_options"]] == ["1"]
    assert state["day"]["value"] == {"type": "datepicker", "selected_date": "2026-11-22"}
    assert state["who"]["value"] == {"type": "users_select", "selected_user": None}
    assert result["payload"]["type"] == "view_submission"
    assert result["payload"]["trigger_id"]
    assert sim.views() == []


def test_the_form_refuses_before_the_app_hears(sim: Sim) -> None:
    """Required, length and number rules are Slack's own; the app gets nothing."""
    socket = sim.socket()
    number = {"type": "number_input", "is_decimal_allowed": False, "max_value": "10"}
    view = opened(
        sim,
        socket,
        modal(
            field("a", {"type": "plain_text_input"}),
            field("b", {"type": "plain_text_input", "max_length": 3}),
            field("c", number),
        ),
    )
    values = {"b": {"value": "long"}, "c": {"value": "11"}}
    result = sim.act("submit", user="ana", view_id=view["id"], values=values)
    assert result["status"] == "errors"
    assert set(result["errors"]) == {"a", "b", "c"}
    with pytest.raises(TimeoutError):
        socket.frame(0.1)


@pytest.mark.parametrize(
    ("ack", "titles"),
    [
        ({"response_action": "update", "view": modal(title=plain("New"))}, ["Title", "New"]),
        ({"response_action": "push", "view": modal(title=plain("Up"))}, ["Title", "Title", "Up"]),
        ({"response_action": "clear"}, []),
        (None, ["Title"]),
    ],
)
def test_response_actions(sim: Sim, ack: Json | None, titles: list[str]) -> None:
    """update replaces the top, push adds, clear empties, an empty ack closes the top."""
    socket = sim.socket()
    opened(sim, socket, modal())
    pushed = sim.api("views.push", trigger_id=trigger(sim, socket), view=modal())["view"]
    assert submitted(sim, socket, pushed, {}, ack)["status"] == "ok"
    assert [each["title"]["text"] for each in sim.views()] == titles


def test_a_failed_submission_leaves_the_modal(start: Start) -> None:
    """A late ack or an invalid answer is a failure that is seen; what was typed stays."""
    sim = start(ack_seconds=0.2)
    socket = sim.socket()
    view = opened(sim, socket, modal(field("a", {"type": "plain_text_input"})))
    body = {"user": "ana", "view_id": view["id"], "values": {"a": {"value": "typed"}}}
    assert sim.act("submit", **body)["status"] == "operation_timeout"
    assert sim.views()[0]["state"]["values"]["a"]["value"]["value"] == "typed"
    socket.frame()
    wrong = {"response_action": "errors", "errors": {"nowhere": "x"}}
    result = submitted(sim, socket, view, {}, wrong)
    assert result["status"] == "invalid_errors"


def test_a_button_in_a_modal(sim: Sim) -> None:
    """block_actions of a view carry the view and what was typed, and no channel."""
    socket = sim.socket()
    button = {"type": "button", "action_id": "more", "text": plain("More")}
    view = opened(
        sim,
        socket,
        modal(
            field("a", {"type": "plain_text_input"}),
            {"type": "actions", "block_id": "row", "elements": [button]},
        ),
    )
    body: Json = {"user": "ana", "view_id": view["id"], "action_id": "more", "wait": False}
    sim.act("press", **body, values={"a": {"value": "so far"}})
    frame = socket.frame()
    socket.ack(frame)
    payload = frame["payload"]
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["state"]["values"]["a"]["value"]["value"] == "so far"
    assert "channel" not in payload
    assert "response_url" not in payload


def test_closing_tells_the_app_when_it_asked(sim: Sim) -> None:
    """notify_on_close sends view_closed; without it nothing is sent."""
    socket = sim.socket()
    view = opened(sim, socket, modal(notify_on_close=True))
    body = {"user": "ana", "view_id": view["id"]}
    thread = threading.Thread(target=lambda: sim.http.post("/ui/close_view", json=body))
    thread.start()
    frame = socket.frame()
    socket.ack(frame)
    thread.join()
    assert frame["payload"]["type"] == "view_closed"
    assert frame["payload"]["is_cleared"] is False
    assert sim.views() == []


def test_views_belong_to_one_person(sim: Sim) -> None:
    """Another person neither sees nor submits the modal."""
    view = opened(sim, sim.socket(), modal())
    assert sim.views("ben") == []
    answer = sim.http.post("/sim/submit", json={"user": "ben", "view_id": view["id"]})
    assert answer.status_code == 404
    eventually(lambda: sim.views("ana"), "ana's view")

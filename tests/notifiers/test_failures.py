"""What went wrong is classed by what is to be done about it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from notifiers.failures import SLACK_ERRORS, Kind, Trouble, trouble
from notifiers.slack import outbox_slack


@asynccontextmanager
async def answering(answer: Callable[[], web.StreamResponse]) -> AsyncIterator[str]:
    """A Web API with one answer to everything."""

    async def handle(_: web.Request) -> web.StreamResponse:
        return answer()

    app = web.Application()
    app.router.add_route("*", "/api/{method}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


async def met(url: str) -> Trouble:
    """The trouble that a post at this address meets."""
    try:
        await outbox_slack("xoxb-1", url).chat_postMessage(channel="C1", text="x")
    except SLACK_ERRORS as error:
        return trouble(error)
    raise AssertionError("the call did not fail")


@pytest.mark.parametrize(
    ("status", "body", "kind", "maybe_done"),
    [
        (200, {"ok": False, "error": "message_not_found"}, Kind.GONE, False),
        (200, {"ok": False, "error": "invalid_blocks"}, Kind.MALFORMED, False),
        (200, {"ok": False, "error": "msg_blocks_too_long"}, Kind.MALFORMED, False),
        (200, {"ok": False, "error": "channel_not_found"}, Kind.BARRED, False),
        (200, {"ok": False, "error": "token_revoked"}, Kind.BARRED, False),
        (200, {"ok": False, "error": "internal_error"}, Kind.AWAY, True),
        (200, {"ok": False, "error": "ratelimited"}, Kind.LIMITED, False),
        (500, {"ok": False, "error": "internal_error"}, Kind.AWAY, True),
        (503, "the proxy is tired", Kind.AWAY, True),
        (200, "<html>not JSON</html>", Kind.AWAY, True),
    ],
)
async def test_answers_are_classed(status: int, body: Any, kind: Kind, maybe_done: bool) -> None:
    """Slack's own errors, sick servers and proxies that answer for it."""

    def answer() -> web.Response:
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html")
        return web.json_response(body, status=status)

    async with answering(answer) as url:
        problem = await met(url)
    assert (problem.kind, problem.maybe_done) == (kind, maybe_done)


async def test_retry_after_is_read() -> None:
    """429 says how long to wait."""

    def answer() -> web.Response:
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers={"Retry-After": "42"})

    async with answering(answer) as url:
        problem = await met(url)
    assert (problem.kind, problem.retry_after) == (Kind.LIMITED, 42.0)


async def test_what_slack_found_wrong_is_told() -> None:
    """The report of a malformed message names the place."""
    told = {"ok": False, "error": "invalid_blocks", "errors": ["bad [json-pointer:/blocks/0]"]}
    async with answering(lambda: web.json_response(told)) as url:
        problem = await met(url)
    assert problem.why == "invalid_blocks; bad [json-pointer:/blocks/0]"


async def test_a_refused_connection_was_surely_not_performed() -> None:
    """Nobody listened: the post need not be looked for."""
    async with answering(web.Response) as url:
        pass
    problem = await met(url)
    assert (problem.kind, problem.maybe_done) == (Kind.AWAY, False)

"""The routes of the workspace as one ASGI application."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.workspace.web.api import ApiRoutes
from bot.workspace.web.guard import Guard
from bot.workspace.web.hooks import HookRoutes
from bot.workspace.web.replies import guarded
from bot.workspace.web.sim import SimRoutes
from bot.workspace.web.ui import UiRoutes
from bot.workspace.workspace import Workspace


def application(workspace: Workspace) -> ASGIApp:
    """Web API first, as it is called most."""
    routes = [
        *_slack_routes(workspace),
        *_sim_routes(SimRoutes(workspace)),
        *_ui_routes(UiRoutes(workspace)),
        *_page_routes(workspace),
    ]
    return Guard(Starlette(routes=routes), workspace.settings.host)


def _slack_routes(workspace: Workspace) -> list[BaseRoute]:
    api, hooks = ApiRoutes(workspace), HookRoutes(workspace)
    return [
        Route("/api/{method}", api.call, methods=["GET", "POST"]),
        WebSocketRoute("/link/", hooks.socket),
        Route("/commands/{team}/{url_id}", hooks.respond, methods=["POST"]),
        Route("/actions/{team}/{url_id}", hooks.respond, methods=["POST"]),
        Route("/upload/v1/{file_id}", hooks.upload, methods=["POST", "PUT"]),
        Route("/archives/{channel}/{message}", hooks.permalink),
    ]


def _sim_routes(sim: SimRoutes) -> list[BaseRoute]:
    posts = {
        "command": sim.command,
        "message": sim.message,
        "react": sim.react,
        "press": sim.press,
        "submit": sim.submit,
        "home": sim.home,
        "shortcut": sim.shortcut,
        "pin": sim.pin,
        "edit": sim.edit,
        "delete": sim.delete,
        "end_channel": sim.end_channel,
        "faults": sim.faults,
        "reset": sim.reset,
    }
    gets = {
        "views": sim.views,
        "messages": sim.messages,
        "calls": sim.calls,
        "files/{file_id}": sim.file,
    }
    return [
        *(Route(f"/sim/{path}", guarded(each), methods=["POST"]) for path, each in posts.items()),
        *(Route(f"/sim/{path}", guarded(each)) for path, each in gets.items()),
        Route("/sim/health", guarded(sim.health), methods=["GET", "POST"]),
    ]


def _ui_routes(ui: UiRoutes) -> list[BaseRoute]:
    return [
        Route("/ui/bootstrap", guarded(ui.bootstrap)),
        Route("/ui/messages", guarded(ui.messages)),
        Route("/ui/home", guarded(ui.home)),
        Route("/ui/inspect", guarded(ui.inspect)),
        Route("/ui/read", guarded(ui.read), methods=["POST"]),
        Route("/ui/close_view", guarded(ui.close_view), methods=["POST"]),
        WebSocketRoute("/ui/events", ui.events),
    ]


def _page_routes(workspace: Workspace) -> list[BaseRoute]:
    folder = workspace.settings.page

    async def index(_request: Request) -> Response:
        return FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

    return [
        Route("/", index),
        Mount("/page", StaticFiles(directory=folder, check_dir=False)),
    ]

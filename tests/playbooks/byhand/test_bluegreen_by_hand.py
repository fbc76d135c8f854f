"""The runbooks of what is done to a service that blue-green has switched."""

from pathlib import Path

import pytest

from playbooks.byhand.known import Known
from playbooks.catalogue import by_hand
from playbooks.hosts.colours.live import note_live
from playbooks.model.plan import ActionCall
from playbooks.model.stack import Stack

_SECRET = {"kind": "variable", "places": [{"file": "/srv/.env", "variable": "KEY"}]}
_ABOUT = {"service": "api"}
_CALLS = (
    ActionCall(action="service.start", args=_ABOUT),
    ActionCall(action="secret.renew", args=_ABOUT),
    ActionCall(
        action="compose.adjust",
        args={**_ABOUT, "adjusted": {"memory": "64M"}, "follow": "update"},
    ),
)


@pytest.mark.parametrize("call", _CALLS, ids=[each.action for each in _CALLS])
def test_it_is_done_where_the_traffic_is_and_the_proxy_is_told(
    call: ActionCall, tmp_path: Path
) -> None:
    """The project that serves with the version that it has, and nginx afterwards; before any switch
    the stack's own project, and nobody else is told."""
    stack = _doubled(tmp_path)
    own = "\n".join(by_hand(Known(stack=stack), call))
    assert "--project-name harbor " in own and "nginx" not in own
    assert stack.deploy is not None and stack.deploy.bluegreen is not None
    (tmp_path / "docker-compose.interlock.green.env").write_text("VERSION=2.0\n")
    note_live(stack.deploy.bluegreen, "green")
    switched = "\n".join(by_hand(Known(stack=stack), call))
    first = next(line for line in switched.splitlines() if line.startswith("docker compose"))
    assert "--project-name green " in first
    assert f"--env-file {tmp_path}/docker-compose.interlock.green.env" in first
    assert "nginx -t && nginx -s reload" in switched


def _doubled(folder: Path) -> Stack:
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "compose": {"project": "harbor", "files": [str(folder / "compose.yaml")]},
            "services": {"api": {}},
            "secrets": {"key": {**_SECRET, "services": ["api"]}},
            "deploy": {
                "bluegreen": {
                    "projects": ["blue", "green"],
                    "files": [str(folder / "colours.yaml")],
                    "services": ["api"],
                    "variable": "VERSION",
                    "entry": "api",
                    "port": 8000,
                    "switch": {"kind": "nginx", "file": "/etc/nginx/api.conf", "upstream": "api"},
                }
            },
        }
    )

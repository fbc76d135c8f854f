"""A real Alertmanager that speaks to Slack itself: what teams without a bot have."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.bench.processes import until
from tests.images.build import image
from tests.support.ports import free_port
from tests.support.prometheus import answers

_TOKEN = "xoxb-interlock-local"


@contextmanager
def beside(folder: Path, workspace_url: str) -> Iterator[str]:
    """Groups alerts by their rule as its documentation advises, and posts each group to a channel
    of the workspace. The address that takes alerts."""
    folder.mkdir()
    port, name = free_port(), f"interlock-bench-{uuid.uuid4().hex[:6]}"
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(_configuration(workspace_url)))
    argv = ["docker", "run", "--detach", "--name", name, "--network", "host", "--user", "0"]
    argv += ["--volume", f"{folder}:/bench:ro", "--entrypoint", "prometheus-alertmanager"]
    argv += [image("prometheus"), "--storage.path=/tmp/data", "--cluster.listen-address="]
    argv += ["--config.file=/bench/alertmanager.yml", f"--web.listen-address=127.0.0.1:{port}"]
    try:
        subprocess.run(argv, check=True, capture_output=True)
        until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), "Alertmanager")
        yield f"http://127.0.0.1:{port}/api/v2/alerts"
    finally:
        subprocess.run(
            ["docker", "rm", "--force", "--volumes", name], capture_output=True, check=True
        )


def _configuration(workspace_url: str) -> dict[str, object]:
    slack = {
        "api_url": f"{workspace_url}/api/chat.postMessage",
        "http_config": {"authorization": {"credentials": _TOKEN}},
        "channel": "#ops",
    }
    route = {"receiver": "slack", "group_by": ["alertname"], "group_wait": "1s"}
    return {"route": route, "receivers": [{"name": "slack", "slack_configs": [slack]}]}

"""Settings of one workspace process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SHIPPED_SEED = Path(__file__).parent / "seed.json"
SHIPPED_MANIFEST = Path(__file__).parent.parent / "slack" / "manifest.json"
PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The tokens the bot presents and the secret that signs HTTP deliveries; local only."""

    bot_token: str = "xoxb-interlock-local"
    app_token: str = "xapp-interlock-local"
    signing_secret: str = "interlock-local-signing-secret"


def secrets_from(environ: Mapping[str, str]) -> Secrets:
    """The defaults, overridden by SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET."""
    local = Secrets()
    return Secrets(
        bot_token=environ.get("SLACK_BOT_TOKEN", local.bot_token),
        app_token=environ.get("SLACK_APP_TOKEN", local.app_token),
        signing_secret=environ.get("SLACK_SIGNING_SECRET", local.signing_secret),
    )


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """Everything that can be chosen at start; durations are seconds.

    `port` 0 takes a free one. `deliver_to` is the bot's HTTP URL; without it payloads go out by
    Socket Mode. `wait_for_stack` keeps /sim/health unready until somebody posts
    `{"stack": true}` to it. `retry_delays` are the pauses before each redelivery of an event.
    `connection_seconds` is the life of one socket before Slack asks for a new one.
    """

    state: Path
    host: str = "127.0.0.1"
    port: int = 8700
    seed: Path = SHIPPED_SEED
    manifest: Path = SHIPPED_MANIFEST
    page: Path = PAGE
    rates: bool = True
    deliver_to: str | None = None
    wait_for_stack: bool = False
    secrets: Secrets = Secrets()
    ack_seconds: float = 3.0
    answer_seconds: float = 5.0
    trigger_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    connection_seconds: float = 18060.0

"""Settings of one bot process, from the environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SLACK = "https://slack.com/api/"


class BotSettings(BaseSettings):
    """Everything that is chosen when `interlock run` starts.

    Read from the environment: `INTERLOCK_CONFIG` (the path of `interlock.yaml`),
    `INTERLOCK_MODE` (`socket` or `http`: how Slack reaches the bot), `INTERLOCK_HOST` and
    `INTERLOCK_PORT` (where /healthz, /metrics and in HTTP mode /slack/events are served; 0 takes a
    free port), `SLACK_BOT_TOKEN`, `SLACK_APP_TOKEN` (Socket Mode), `SLACK_SIGNING_SECRET` (HTTP
    mode), `SLACK_API_URL` (another Slack, such as the local workspace).

    The memory that freed pieces may hold back is bounded at the start; `MALLOC_ARENA_MAX`,
    `MALLOC_MMAP_THRESHOLD_` and `MALLOC_TRIM_THRESHOLD_` of glibc, where they are set, stay.
    """

    model_config = SettingsConfigDict(populate_by_name=True, extra="ignore", frozen=True)

    config: Path = Field(default=Path("interlock.yaml"), validation_alias="INTERLOCK_CONFIG")
    mode: Literal["socket", "http"] = Field(default="socket", validation_alias="INTERLOCK_MODE")
    host: str = Field(default="127.0.0.1", validation_alias="INTERLOCK_HOST")
    port: int = Field(default=8720, ge=0, le=65535, validation_alias="INTERLOCK_PORT")
    bot_token: SecretStr = Field(validation_alias="SLACK_BOT_TOKEN")
    app_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_APP_TOKEN")
    signing_secret: SecretStr = Field(
        default=SecretStr(""), validation_alias="SLACK_SIGNING_SECRET"
    )
    api_url: str = Field(default=SLACK, validation_alias="SLACK_API_URL")

    @model_validator(mode="after")
    def _mode_has_its_secret(self) -> Self:
        if self.mode == "socket" and not self.app_token.get_secret_value():
            raise ValueError("Socket Mode needs SLACK_APP_TOKEN (xapp-…)")
        if self.mode == "http" and not self.signing_secret.get_secret_value():
            raise ValueError("HTTP mode needs SLACK_SIGNING_SECRET")
        return self

    @property
    def slack_api(self) -> str:
        """The Web API's address, ending in a slash."""
        return self.api_url.rstrip("/") + "/"

"""How services are asked whether they are well; each way has its time limit, `seconds`."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from playbooks.model.base import Model, Name
from playbooks.model.compose import ContainerHealth, Watched
from playbooks.model.secret import SecretRef

Seconds = Annotated[float, Field(gt=0, le=60)]


class BasicLogin(Model):
    """HTTP's basic authentication."""

    user: str
    password: SecretRef


class HttpHealth(Watched):
    """`GET url` answers 2xx in time, and its JSON has what `expect` names."""

    kind: Literal["http"] = "http"
    url: str
    expect: dict[str, str | int | bool] = {}
    login: BasicLogin | None = None
    seconds: Seconds = 5.0

    def unexpected(self, body: bytes) -> str:
        """What its JSON does not say though it should, or nothing."""
        try:
            answered: Any = json.loads(body)
        except ValueError:
            return f"{self.url} answers something that is not JSON"
        for key, expected in self.expect.items():
            value = answered.get(key) if isinstance(answered, dict) else None
            if value != expected:
                return f"{self.url} says {key}={value!r}, expected {expected!r}"[:300]
        return ""


class TcpHealth(Watched):
    """A TCP connection opens in time."""

    kind: Literal["tcp"] = "tcp"
    host: str = "127.0.0.1"
    port: int
    seconds: Seconds = 5.0


class DatabaseHealth(Watched):
    """The server of `datastore` lets Interlock in as the stack file says, and answers: a query of
    PostgreSQL or Neo4j, a PING of Redis."""

    kind: Literal["database"]
    datastore: Name
    seconds: Seconds = 5.0


class WebSocketHealth(Watched):
    """A websocket opens in time. With `send` that text is sent, and an answer that contains
    `expect` has to come."""

    kind: Literal["websocket"]
    url: Annotated[str, Field(pattern=r"^wss?://[^\s/]+\S*$")]
    send: str | None = None
    expect: str = ""
    seconds: Seconds = 5.0

    @model_validator(mode="after")
    def _expects_an_answer(self) -> Self:
        if self.expect and self.send is None:
            raise ValueError("expect goes with send: what has to be sent to be answered so?")
        return self


class CommandHealth(Watched):
    """`argv` ends with `code` in time: in the service's container, or with `on_host` on its
    host."""

    kind: Literal["command"]
    argv: Annotated[tuple[str, ...], Field(min_length=1)]
    on_host: bool = False
    code: Annotated[int, Field(ge=0, le=255)] = 0
    seconds: Seconds = 10.0


Health = Annotated[
    HttpHealth | TcpHealth | ContainerHealth | DatabaseHealth | WebSocketHealth | CommandHealth,
    Field(discriminator="kind"),
]

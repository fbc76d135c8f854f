"""Errors of the workspace.

WorkspaceError
├── SlackError      the Web API answers `{"ok": false, "error": code}`
├── SimError        a /sim or /ui call that cannot be done, with the HTTP status
└── SetupError      bad settings, seed or manifest
"""

from bot.workspace.types import Json


class WorkspaceError(Exception):
    """Root of every error the workspace raises on purpose."""


class SlackError(WorkspaceError):
    """An answer `ok: false` with Slack's own error name.

    `details` become `response_metadata.messages`, each naming the JSON pointer where there is
    one; `extra` is merged into the answer (`needed`, `provided`, ...).
    """

    def __init__(self, code: str, details: tuple[str, ...] = (), extra: Json | None = None) -> None:
        super().__init__(f"{code}: {'; '.join(details)}" if details else code)
        self.code = code
        self.details = details
        self.extra = extra or {}

    def body(self) -> Json:
        """The JSON body that Slack would send."""
        body: Json = {"ok": False, "error": self.code, **self.extra}
        if self.details:
            body["errors"] = list(self.details)
            body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in self.details]}
        return body


class SimError(WorkspaceError):
    """A /sim or /ui call that cannot be done: HTTP status, short name, sentence, facts."""

    def __init__(self, status: int, name: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.facts = facts

    def body(self) -> Json:
        """`{"error", "message", ...facts}`."""
        return {"error": self.name, "message": str(self), **self.facts}


class SetupError(WorkspaceError):
    """The settings, the seed or the manifest cannot be used; the message says what to write."""

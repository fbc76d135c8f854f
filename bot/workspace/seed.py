"""Reads the seed (people and channels) and the app manifest (commands, events, scopes)."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.workspace.errors import SetupError


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeedTeam(_Strict):
    """The workspace itself."""

    id: str = "T0LOCAL"
    name: str
    domain: str = "local"


class SeedBot(_Strict):
    """The app's bot: its app, bot and user ids."""

    app_id: str = "A0INTERLK"
    bot_id: str = "B0INTERLK"
    user_id: str = "U0INTERLK"
    name: str = "interlock"
    real_name: str = "Interlock"
    color: str = "#1f6f5c"


class SeedUser(_Strict):
    """A person."""

    id: str
    name: str
    real_name: str
    title: str = ""
    color: str = "#475569"


class SeedChannel(_Strict):
    """A public channel; everybody and the bot is a member."""

    id: str
    name: str
    topic: str = ""


class Seed(_Strict):
    """What a workspace begins with."""

    team: SeedTeam
    bot: SeedBot = SeedBot()
    users: tuple[SeedUser, ...]
    channels: tuple[SeedChannel, ...]


class _Loose(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SlashCommand(_Loose):
    """A slash command of the manifest."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


class MessageShortcut(_Loose):
    """A shortcut of the manifest, in the menu of every message."""

    name: str
    type: str
    callback_id: str
    description: str = ""


class _Features(_Loose):
    slash_commands: tuple[SlashCommand, ...] = ()
    shortcuts: tuple[MessageShortcut, ...] = ()


class _Scopes(_Loose):
    bot: frozenset[str] = frozenset()


class _OAuth(_Loose):
    scopes: _Scopes = _Scopes()


class _Subscriptions(_Loose):
    bot_events: frozenset[str] = frozenset()


class _Settings(_Loose):
    event_subscriptions: _Subscriptions = _Subscriptions()


class _ManifestFile(_Loose):
    features: _Features = _Features()
    oauth_config: _OAuth = _OAuth()
    settings: _Settings = _Settings()


class Manifest(_Strict):
    """What the app declares: its commands, its shortcuts in the menu of messages, the events it
    hears, the scopes it holds."""

    commands: tuple[SlashCommand, ...]
    shortcuts: tuple[MessageShortcut, ...]
    events: frozenset[str]
    scopes: frozenset[str]

    def command(self, name: str) -> SlashCommand | None:
        """The declared command of that name (`/ops`), or None."""
        return next((each for each in self.commands if each.command == name), None)


_Model = TypeVar("_Model", bound=BaseModel)


def read_seed(path: Path) -> Seed:
    """Reads a seed file; raises SetupError naming the file and the field."""
    return _read(path, Seed)


def read_manifest(path: Path) -> Manifest:
    """Reads a Slack app manifest (JSON); raises SetupError naming the file and the field."""
    file = _read(path, _ManifestFile)
    return Manifest(
        commands=file.features.slash_commands,
        shortcuts=tuple(each for each in file.features.shortcuts if each.type == "message"),
        events=file.settings.event_subscriptions.bot_events,
        scopes=file.oauth_config.scopes.bot,
    )


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SetupError(f"{path}: cannot be read ({error.strerror}); give a JSON file") from error
    except json.JSONDecodeError as error:
        raise SetupError(f"{path}:{error.lineno}: not JSON ({error.msg})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SetupError(f"{path}: {where}: {first['msg']}") from error

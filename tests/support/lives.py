"""Lives of a bot: each a process of its own that may be killed anywhere, over one folder."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.engine.failpoints import VARIABLE
from commands.ports import Dossier
from playbooks.model.request import RequestState, RunState
from tests.support.forks import FORKS
from tests.support.house import House
from tests.support.story import PEOPLE, ask, opened, resting, until, vote

KILLED = -9


@dataclass(frozen=True)
class Script:
    """What a life does: asks for the shift, has it approved, cancels it once it waits, and goes on
    until nothing more happens by itself."""

    folder: Path
    url: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    cancels: bool = False
    answers: str = ""


def live_once(script: Script, failpoint: str = "", seconds: float = 60.0) -> int:
    """One life; its exit code."""
    process = FORKS.Process(target=_life, args=(script, failpoint))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"a life did not end within {seconds} s")
    return process.exitcode


def last_words(folder: Path) -> dict[str, Any]:
    """What the life that ended by itself saw at its end."""
    words: dict[str, Any] = json.loads((folder / "last-words.json").read_text())
    return words


def _life(script: Script, failpoint: str) -> None:
    asyncio.run(_live(script, {VARIABLE: failpoint} if failpoint else {}))


async def _live(script: Script, environment: dict[str, str]) -> None:
    with opened(script.folder, script.url, environment=environment) as house:
        await house.engine.start()
        request = await asyncio.to_thread(_asked, house, script)
        if script.cancels:
            await until(house, request, lambda d: resting(d) or _waits(d))
            await asyncio.to_thread(_cancelled, house, request)
        dossier = await until(house, request, seconds=30)
        if script.answers and dossier.run and dossier.run.state is RunState.UNCERTAIN:
            actor = house.access.actor(PEOPLE["ben"])
            await asyncio.to_thread(house.gate.settle, request, actor, script.answers)
            dossier = await until(house, request, seconds=30)
        await house.engine.stop()
        words = {
            "request": request,
            "run": dossier.run.model_dump(mode="json") if dossier.run else None,
            "requests": len(house.history.dossiers()),
        }
        (script.folder / "last-words.json").write_text(json.dumps(words))


def _asked(house: House, script: Script) -> str:
    """Every life sees the same presses delivered again; they make one request and one claim."""
    dossier = ask(house, once="delivery-1", **script.params)
    for who in ("ben", "cleo"):
        dossier = house.history.dossier(dossier.request.id)
        voted = {v.person for v in dossier.votes}
        if dossier.request.state is RequestState.PENDING and who not in voted:
            dossier = vote(house, dossier, who)
    return dossier.request.id


def _waits(dossier: Dossier) -> bool:
    return bool(dossier.run and dossier.run.progress)


def _cancelled(house: House, request: str) -> None:
    dossier = house.history.dossier(request)
    if dossier.run and not dossier.run.state.ended and dossier.run.cancel_requested_by is None:
        house.gate.cancel(request, house.access.actor(PEOPLE["ana"]))

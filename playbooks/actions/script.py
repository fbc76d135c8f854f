"""Runs one of the stack's own scripts."""

from typing import Any

from playbooks.byhand import script as by_hand
from playbooks.hosts.scripts.local import judge
from playbooks.hosts.scripts.running import Ran, run_in_container, run_in_folder, watch_of
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action


class ScriptArgs(Model):
    """The script's name in the stack file, and its arguments by name."""

    script: str
    arguments: dict[str, str] = {}


def run(work: Work, args: ScriptArgs) -> JsonObject:
    """Output {code: 0, lines}. What it writes goes into the thread. Raises ActionFailed with its
    exit code and last words, or because it asks for input or takes too long."""
    ran = ran_script(work, args)
    return {**ran.model_dump(), "told": [f"{args.script} ended with exit code 0."]}


def ran_script(work: Work, args: ScriptArgs) -> Ran:
    """As `run`."""
    script = work.stack.script(args.script)
    words = script.words(args.arguments)
    watch = watch_of(work, args.script, script.within.total_seconds())
    if script.service is not None:
        ran = run_in_container(work.stack, script.service, words, watch)
    else:
        ran = run_in_folder(work.stack, words, script.directory, watch)
    judge(args.script, ran.code, watch.listener)
    return ran


ACTIONS: tuple[Action[Any], ...] = (Action("script.run", ScriptArgs, run, by_hand.run),)

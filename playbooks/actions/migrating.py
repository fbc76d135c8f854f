"""Commands of a version in a container, migrations among them, with what is pending first."""

from typing import Any

from playbooks.actions.script import ScriptArgs, ran_script
from playbooks.byhand import deploy as by_hand
from playbooks.errors import InterlockError
from playbooks.facts.deploy import PendingArgs, lines_of, pending_now
from playbooks.hosts.scripts.local import Listener, Watch, judge, run_here
from playbooks.hosts.scripts.running import Ran, run_in_container, watch_of
from playbooks.hosts.versions import composed, is_there, remove_container, run_argv
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, Probe

_LIST_SECONDS = 120.0


class OneOffArgs(Model):
    """As the model's OneOff; `seconds` is how long it may take. With `pending` it is a migration
    whose list comes first."""

    service: str
    argv: tuple[str, ...]
    running: bool = False
    pending: tuple[str, ...] = ()
    seconds: float = 1800.0


class ScriptMigrationArgs(ScriptArgs):
    """A script that migrates; `pending` is the one that lists what it would do."""

    pending: str = ""


def one_off(work: Work, args: OneOffArgs) -> JsonObject:
    """Output {code: 0, lines}, and of a migration that can be listed also {pending, applied}:
    lines. What it writes goes into the thread."""
    before = _listed(work, args) if args.pending else []
    _say_pending(work, args.pending, before)
    watch = watch_of(work, args.argv[0], args.seconds)
    ran = _ran(work, args, args.argv, watch)
    judge(args.argv[0], ran.code, watch.listener)
    return {**ran.model_dump(), **(_applied(before, _listed(work, args)) if args.pending else {})}


def script(work: Work, args: ScriptMigrationArgs) -> JsonObject:
    """The same for a script."""
    listing = PendingArgs(script=args.pending)
    before = pending_now(work.stack, listing) if args.pending else []
    _say_pending(work, args.pending, before)
    ran = ran_script(work, args)
    after = pending_now(work.stack, listing) if args.pending else []
    return {**ran.model_dump(), **(_applied(before, after) if args.pending else {})}


def migrated(work: Work, args: OneOffArgs) -> JsonObject:
    """Probe of a migration that can be listed: done when nothing is pending."""
    compose = composed(work.stack, args.service).compose
    if is_there(compose, _container(work, args)):
        return Probe(state="unclear", why="Its container is still there.").model_dump()
    if not args.pending:
        return Probe(state="unclear", why="What it did cannot be listed.").model_dump()
    try:
        left = _listed(work, args)
    except InterlockError as error:
        return Probe(state="unclear", why=str(error)).model_dump()
    state = Probe(state="not_done") if left else Probe(state="done", output={"pending": []})
    return state.model_dump()


def _listed(work: Work, args: OneOffArgs) -> list[str]:
    heard: list[str] = []
    watch = Watch(args.pending[0], Listener(heard.append), work.check_stop, _LIST_SECONDS)
    ran = _ran(work, args, args.pending, watch)
    judge(f"{args.pending[0]}, which lists the migrations,", ran.code, watch.listener)
    return lines_of("".join(heard))


def _ran(work: Work, args: OneOffArgs, argv: tuple[str, ...], watch: Watch) -> Ran:
    if args.running:
        return run_in_container(work.stack, args.service, argv, watch)
    known, name = composed(work.stack, args.service), _container(work, args)
    try:
        words = run_argv(known.compose, known.name, name, argv)
        code = run_here(words, known.compose.files[0].parent, watch)
    except InterlockError:
        remove_container(known.compose, name)
        raise
    return Ran(code=code, lines=watch.listener.count)


def _container(work: Work, args: OneOffArgs) -> str:
    return f"{composed(work.stack, args.service).compose.project}-interlock-{work.run}"


def _say_pending(work: Work, asked: object, pending: list[str]) -> None:
    if asked:
        title = f"{len(pending)} pending:" if pending else "Nothing is pending."
        work.say("".join(f"{line}\n" for line in (title, *pending)))


def _applied(before: list[str], after: list[str]) -> JsonObject:
    applied = [line for line in before if line not in after]
    said = f"{len(applied)} migrated: {', '.join(applied[:5])}." if applied else "Nothing migrated."
    return {"pending": before, "applied": applied, "told": [said]}


MIGRATING: tuple[Action[Any], ...] = (
    Action("deploy.one_off", OneOffArgs, one_off, by_hand.one_off),
    Action("deploy.migrate_script", ScriptMigrationArgs, script, by_hand.migrate_script),
    Action("deploy.migrated", OneOffArgs, migrated, by_hand.one_off),
)

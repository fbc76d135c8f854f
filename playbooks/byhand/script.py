"""A script of the stack by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command, word
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.compose import base_argv
from playbooks.model.base import JsonObject


def run(known: Known, args: JsonObject) -> Lines:
    script = known.stack.scripts[str(args["script"])]
    words = script.words({str(k): str(v) for k, v in dict(args.get("arguments") or {}).items()})
    if script.service is not None:
        compose = compose_now(known.stack, script.service)
        if compose is None:
            return (f"# In {script.service}: {command(*words)}",)
        name = known.stack.container_of(script.service) or script.service
        return (command(*base_argv(compose), "exec", "-T", name, *words),)
    if script.directory is None:
        return (command(*words),)
    return (f"( cd {word(script.directory)} && {command(*words)} < /dev/null )",)

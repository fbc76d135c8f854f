"""Two projects beside each other, by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Part, Shell, command, script
from playbooks.hosts.colours.live import compose_now, switched_to, version_file
from playbooks.hosts.compose import base_argv
from playbooks.model.base import JsonObject
from playbooks.model.bluegreen import BlueGreen, NginxUpstream, TraefikServers
from playbooks.model.hosts import LocalHost

_NOT_DESCRIBED = ("# The stack file does not describe it.",)


def start(known: Known, args: JsonObject) -> Lines:
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    project = str(args["project"])
    note = f"{rules.variable}={args['version']}"
    file = version_file(rules, project)
    up = ("up", "--detach", "--no-deps", "--no-build", "--pull", "missing")
    return (
        f"{command('echo', note)} > {command(file)}",
        *_handed_on(known, rules, project),
        command(*_compose(known, rules, project), *up, *_services(known, rules)),
    )


def await_health(known: Known, args: JsonObject) -> Lines:
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    listing = command(*_compose(known, rules, str(args["project"])), "ps", "--all")
    return (f"{listing}  # until all of it is healthy",)


def switch(known: Known, args: JsonObject) -> Lines:
    """Which containers there are is only known then, so one line each is still to be written."""
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    project = str(args["project"])
    entry = known.stack.container_of(rules.entry) or rules.entry
    server = f"{project}-{entry}-1:{rules.port}"
    lines: tuple[str, ...]
    match rules.switch:
        case NginxUpstream(upstream=name):
            lines = (f"upstream {name} {{", f"    server {server};", "}")
        case TraefikServers(rule=rule):
            lines = (
                "http:",
                f"  routers: {{interlock-traffic: {{rule: '{rule}', service: interlock-traffic}}}}",
                "  services:",
                "    interlock-traffic:",
                f"      loadBalancer: {{servers: [{{url: 'http://{server}'}}]}}",
            )
    return _placed(known, rules, lines)


def put_back(known: Known, args: JsonObject) -> Lines:
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    content = args.get("content")
    if content is None:
        gone = _typed(rules, "rm", "--force", "--", rules.switch.file)
        return (*_where(known), gone, *_reloaded(rules))
    return _placed(known, rules, tuple(str(content).rstrip("\n").split("\n")))


def is_live(known: Known, _args: JsonObject) -> Lines:
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    return (*_where(known), _typed(rules, "cat", "--", rules.switch.file))


def drain(known: Known, args: JsonObject) -> Lines:
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    seconds = f"{rules.drain.total_seconds():g}"
    return (f"{command('sleep', seconds)}  # connections to {args['project']} end",)


def remove(known: Known, args: JsonObject) -> Lines:
    rules = _rules(known)
    if rules is None:
        return _NOT_DESCRIBED
    project = str(args["project"])
    gone = ("rm", "--stop", "--force", *_services(known, rules))
    return (
        "# Only when it has no traffic.",
        command(*_compose(known, rules, project), *gone),
        command("rm", "--force", "--", version_file(rules, project)),
    )


def followed(known: Known, service: str) -> Lines:
    """What the proxy needs once the containers that serve are other ones, or one more; nothing for
    a service to which no traffic was switched."""
    rules = _rules(known)
    if rules is None or service != rules.entry or not switched_to(known.stack, service):
        return ()
    told = f"# Where servers in {rules.switch.file} are other ones now, write them there."
    return (*_where(known), told, *_reloaded(rules))


def _handed_on(known: Known, rules: BlueGreen, project: str) -> Lines:
    """What was changed for good where the traffic is."""
    serves = compose_now(known.stack, rules.entry)
    if serves is None or serves.project == project or not serves.adjustments.exists():
        return ()
    there = rules.files[0].parent / f"docker-compose.interlock.{project}.yml"
    services = ", ".join(_services(known, rules))
    return (f"{command('cp', '--', serves.adjustments, there)}  # only what it says of {services}",)


def _rules(known: Known) -> BlueGreen | None:
    return known.stack.deploy.bluegreen if known.stack.deploy else None


def _compose(known: Known, rules: BlueGreen, project: str) -> tuple[str, ...]:
    own = known.stack.compose
    if own is None:
        return ("docker", "compose")
    env_files = (*own.env_files, version_file(rules, project))
    changes = {"project": project, "files": rules.files, "env_files": env_files}
    return base_argv(own.model_copy(update=changes))


def _services(known: Known, rules: BlueGreen) -> tuple[str, ...]:
    return tuple(known.stack.container_of(name) or name for name in rules.services)


def _where(known: Known) -> Lines:
    host = known.stack.host
    return () if isinstance(host, LocalHost) else (f"# On {host.title}:",)


def _typed(rules: BlueGreen, *words: Part) -> Shell:
    return command(*(("sudo",) if rules.sudo else ()), *words)


def _placed(known: Known, rules: BlueGreen, lines: tuple[str, ...]) -> Lines:
    """Beside first, so that the proxy reads no half of it."""
    file = rules.switch.file
    fresh = file.with_name(f".{file.name}.new")
    writing = Shell(f"{_typed(rules, 'tee', '--', fresh)} > /dev/null")
    moved = _typed(rules, "mv", "--force", "--", fresh, file)
    return (*_where(known), *script(writing, lines), moved, *_reloaded(rules))


def _reloaded(rules: BlueGreen) -> Lines:
    if not isinstance(rules.switch, NginxUpstream):
        return ()
    tested, used = _typed(rules, *rules.switch.test), _typed(rules, *rules.switch.reload)
    return (f"{tested} && {used}",)

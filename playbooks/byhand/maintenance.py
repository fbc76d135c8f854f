"""Maintenance by hand: the same switch, turned by a person."""

import json
from pathlib import Path

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Part, Shell, command, script, secret
from playbooks.hosts.compose import base_argv
from playbooks.hosts.maintenance.files import FLAG, as_yaml
from playbooks.model.base import JsonObject
from playbooks.model.datastores import RedisStore
from playbooks.model.hosts import LocalHost
from playbooks.model.maintenance import (
    FlagFile,
    Maintenance,
    NginxPage,
    RedisKey,
    TraefikRoute,
    filled,
)

_NO_SWITCH = ("# The stack file names no switch: tell the users yourself.",)
_BACKSTOP = ("EX", "172800")


def on(known: Known, args: JsonObject) -> Lines:
    rules = known.stack.maintenance
    if rules is None:
        return _NO_SWITCH
    message, until = str(args.get("message") or rules.message), str(args.get("until") or "")
    match rules.switch:
        case NginxPage() as page:
            content = json.dumps(filled(page.content, message, until))
            flag = _written(rules, page.flag, content) if page.flag else ()
            return (*_where(known), *flag, *_served(rules, page, page.maintenance))
        case TraefikRoute() as route:
            content = as_yaml(filled(route.document, message, until)).decode()
            return (*_where(known), *_written(rules, route.file, content))
        case FlagFile() as file:
            content = json.dumps(filled(FLAG, message, until))
            return (*_where(known), *_written(rules, file.path, content))
        case RedisKey() as key:
            value = json.dumps(filled(FLAG, message, until))
            return _asked(known, key, "SET", key.key, value, *_BACKSTOP)


def off(known: Known, args: JsonObject) -> Lines:
    rules = known.stack.maintenance
    if rules is None:
        return _NO_SWITCH
    kept = ("# Leave it on where it was on before.",) if args.get("of") else ()
    match rules.switch:
        case NginxPage() as page:
            lowered = (_typed(rules, "rm", "--force", "--", page.flag),) if page.flag else ()
            return (*kept, *_where(known), *_served(rules, page, page.usual), *lowered)
        case TraefikRoute(file=path) | FlagFile(path=path):
            return (*kept, *_where(known), _typed(rules, "rm", "--force", "--", path))
        case RedisKey() as key:
            return (*kept, *_asked(known, key, "DEL", key.key))


def look(known: Known, _args: JsonObject) -> Lines:
    rules = known.stack.maintenance
    if rules is None:
        return _NO_SWITCH
    match rules.switch:
        case NginxPage() as page:
            led = command("readlink", "--", page.link)
            return (*_where(known), f"{led}  # {page.maintenance}: it is on")
        case TraefikRoute(file=path) | FlagFile(path=path):
            return (*_where(known), f"{_typed(rules, 'ls', '--', path)}  # there: it is on")
        case RedisKey() as key:
            return _asked(known, key, "EXISTS", key.key)


def window(_known: Known, args: JsonObject) -> Lines:
    return (f"# Tell everybody: maintenance from {args['starts']} until {args['ends']}.",)


def no_window(_known: Known, args: JsonObject) -> Lines:
    return (f"# Tell everybody: the maintenance {args['window']} does not take place.",)


def _where(known: Known) -> Lines:
    """Nothing on the host that the bot runs on."""
    rules = known.stack.maintenance
    host = (rules and rules.host) or known.stack.host
    return () if isinstance(host, LocalHost) else (f"# On {host.title}:",)


def _typed(rules: Maintenance, *words: Part) -> Shell:
    return command(*(("sudo",) if rules.sudo else ()), *words)


def _served(rules: Maintenance, page: NginxPage, site: Path) -> Lines:
    swap = ("ln", "--symbolic", "--force", "--no-dereference", "--", site, page.link)
    used = f"{_typed(rules, *page.test)} && {_typed(rules, *page.reload)}"
    return (_typed(rules, *swap), used)


def _written(rules: Maintenance, path: Path, content: str) -> Lines:
    """Beside first, so that nobody reads half of it."""
    fresh = path.with_name(f".{path.name}.new")
    writing = Shell(f"{_typed(rules, 'tee', '--', fresh)} > /dev/null")
    return (
        *script(writing, content.rstrip("\n").split("\n")),
        _typed(rules, "mv", "--force", "--", fresh, path),
    )


def _asked(known: Known, key: RedisKey, *words: str) -> Lines:
    """The password goes by the environment of redis-cli."""
    stack = known.stack
    service = stack.container_of(key.service)
    if stack.compose is None or service is None:
        return (f"# Ask the Redis of {key.service}: {command('redis-cli', *words)}",)
    stores = (each for each in stack.datastores.values() if isinstance(each, RedisStore))
    store = next((each for each in stores if each.service == key.service), None)
    password = store.password if store else None
    opened = (f"export REDISCLI_AUTH={secret(password)}",) if password else ()
    entering = ("--env", "REDISCLI_AUTH") if password else ()
    who = ("--user", store.user) if store and store.user else ()
    port = ("-p", str(store.port)) if store else ()
    return (
        *opened,
        command(
            *(*base_argv(stack.compose), "exec", "--no-TTY", *entering, service),
            *("redis-cli", *port, *who, *words),
        ),
    )

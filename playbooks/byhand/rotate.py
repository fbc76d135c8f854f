"""Rotating a secret by hand. Nobody types the value: it comes from where its reference points."""

from playbooks.byhand.bluegreen import followed
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import RUN, Shell, command, secret, word
from playbooks.byhand.tools import as_reached, database, password, tool, where
from playbooks.datastores.postgres_stores import described_store
from playbooks.hosts.colours.live import composes_now
from playbooks.hosts.compose import base_argv
from playbooks.model.base import JsonObject
from playbooks.model.rotation import PostgresSecret, RedisSecret, SecretPlace


def check(known: Known, args: JsonObject) -> Lines:
    places = ", ".join(str(place.file) for place in _places(known, args))
    return (f"# The present value stands in {places}; log in with it before anything else.",)


def write(known: Known, args: JsonObject) -> Lines:
    lines: list[str] = []
    for place in _places(known, args):
        lines.append(command("cp", "--preserve", "--", place.file, _kept(place)))
        if place.variable is None:
            lines.append(f"printf '%s\\n' {secret(str(args['to']))} > {word(place.file)}")
        else:
            lines.append(f"# In {place.file} give {place.variable} the value of {args['to']}.")
    return tuple(lines)


def unwrite(known: Known, args: JsonObject) -> Lines:
    return tuple(command("mv", "--", _kept(each), each.file) for each in _places(known, args))


def alter(known: Known, args: JsonObject) -> Lines:
    match known.stack.secret(str(args["secret"])):
        case PostgresSecret() as found:
            store = as_reached(known.stack, described_store(known.stack, found.datastore))
            asking = command(tool(store, "psql"), *where(store), database(store.database))
            role = found.role or store.user
            return (*password(store), f"{asking}  # then: \\password {role}")
        case RedisSecret():
            return ("# In redis-cli: CONFIG SET requirepass, or ACL SETUSER with resetpass.",)
        case _:
            return ()


def renew(known: Known, args: JsonObject) -> Lines:
    service = str(args["service"])
    name = known.stack.container_of(service)
    if name is None:
        return (f"# Restart {service}.",)
    up = ("up", "--detach", "--no-deps", "--no-build", "--pull", "never", "--force-recreate")
    now, *others = (
        command(*base_argv(each), *up, name) for each in composes_now(known.stack, service)
    )
    followers = followed(known, service)
    return (now, *followers, *(f"{line}  # only where it has containers" for line in others))


def renew_back(known: Known, args: JsonObject) -> Lines:
    return tuple(line for each in args["services"] for line in renew(known, {"service": each}))


def prove(_: Known, args: JsonObject) -> Lines:
    return (
        f"# Log in with the value of {args['to']}: it has to be let in.",
        "# Log in with the old value: it has to be refused.",
    )


def forget(known: Known, args: JsonObject) -> Lines:
    return tuple(command("rm", "--force", "--", _kept(place)) for place in _places(known, args))


def _places(known: Known, args: JsonObject) -> tuple[SecretPlace, ...]:
    return known.stack.secret(str(args["secret"])).places


def _kept(place: SecretPlace) -> Shell:
    return word(f"{place.file.parent}/.{place.file.name}.interlock-", RUN)

"""What is done about a break-in, by hand."""

from playbooks.byhand import compose as composed
from playbooks.byhand import upkeep
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import RUN, Part, Shell, command, word
from playbooks.hosts.compose import base_argv, docker_argv
from playbooks.model.base import JsonObject

_NO_PROJECT = ("# It runs in no container of a compose project.",)
_JOINED = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}"
_MOUNTED = "{{range .Mounts}}{{println .Destination}}{{end}}"


def isolate(known: Known, args: JsonObject) -> Lines:
    found = composed.composed(known, args)
    if found is None:
        return _NO_PROJECT
    docker = docker_argv(found[0].host)
    networks = command(*docker, "inspect", "--format", _JOINED, Shell('"$container"'))
    leaving = command(*docker, "network", "disconnect", Shell('"$network"'), Shell('"$container"'))
    return (
        f"for container in $({_containers(known, args)}); do",
        f"  for network in $({networks}); do echo {_NOTED}; {leaving}; done",
        "done  # they run on; note which networks they were on",
    )


def rejoin(known: Known, args: JsonObject) -> Lines:
    found = composed.composed(known, args)
    if found is None:
        return _NO_PROJECT
    docker = docker_argv(found[0].host)
    return tuple(
        command(
            *docker,
            *("network", "connect"),
            *(part for alias in joined["aliases"] for part in ("--alias", str(alias))),
            *(("--ip", str(joined["address"])) if joined["address"] else ()),
            str(joined["name"]),
            str(container),
        )
        for container, networks in args["networks"].items()
        for joined in networks
    )


def gather(known: Known, args: JsonObject) -> Lines:
    found = composed.composed(known, args)
    if found is None:
        return _NO_PROJECT
    docker, held = docker_argv(found[0].host), Shell('"$container"')
    folder = _folder(known, args)
    kept = f"interlock-evidence/{known.stack.name}/{args['service']}"

    def into(name: str, *words: Part) -> str:
        return f'  {command(*docker, *words, held)} > {folder}/"$container"/{name}'

    return (
        f"for container in $({_containers(known, args)}); do",
        f'  mkdir --parents {folder}/"$container"',
        into("inspect.json", "inspect"),
        f"{into('logs.txt', 'logs', '--timestamps')} 2>&1",
        into("processes.txt", "top"),
        into("changes.txt", "diff"),
        into("filesystem.tar", "export"),
        *(_volumes(docker, folder) if args["volumes"] else ()),
        f'  {command(*docker, "commit", held)} {word(f"{kept}:")}"${{RUN}}-$container"',
        "done",
    )


def seal(known: Known, args: JsonObject) -> Lines:
    folder = _folder(known, args)
    return (
        f"(cd {folder} && find . -type f ! -name SHA256SUMS -exec sha256sum {{}} + > SHA256SUMS)",
        f"chmod --recursive a-w,go-rx {folder}",
        f"sha256sum {folder}/SHA256SUMS  # write it down, with the time and who saw it",
    )


def compare(_: Known, args: JsonObject) -> Lines:
    folder = str(args["folder"])
    return (
        f"{command('sha256sum', f'{folder}/evidence.json')}  # has to be {args['sha256']}",
        "# and each file what that list says of it",
    )


def clean(known: Known, args: JsonObject) -> Lines:
    found = composed.composed(known, args)
    if found is None:
        return _NO_PROJECT
    images = ", ".join(str(each) for each in args["images"])
    asking = command(*base_argv(found[0]), "images", found[1])
    return (f"{asking}  # new containers, from {images}",)


def revoke(known: Known, args: JsonObject) -> Lines:
    return upkeep.end_clients(known, args)


def _containers(known: Known, args: JsonObject) -> str:
    found = composed.composed(known, args)
    return command(*base_argv(found[0]), "ps", "--all", "--quiet", found[1]) if found else ""


def _folder(known: Known, args: JsonObject) -> Shell:
    return word(f"{known.stack.breach.evidence}/{args['incident']}/", RUN)


def _volumes(docker: tuple[str, ...], folder: Shell) -> Lines:
    places = command(*docker, "inspect", "--format", _MOUNTED, Shell('"$container"'))
    copied = f'{command(*docker, "cp")} "$container:$place" -'
    name = '"volume${place//\\//-}.tar"'
    return (f'  for place in $({places}); do {copied} > {folder}/"$container"/{name}; done',)


_NOTED = '"$container $network"'

"""Bringing a version by hand."""

from collections.abc import Sequence

from playbooks.byhand import service
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.script import run as run_script
from playbooks.byhand.shell import Shell, command, word
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.compose import base_argv
from playbooks.model.base import JsonObject


def note(known: Known, args: JsonObject) -> Lines:  # noqa: ARG001  # the shape of all
    lines = [
        f"# {name} runs from {each['image']} ({each['reference']})"
        for name, each in dict(args["services"]).items()
    ]
    return (*lines, "# Write these down: they are the way back.")


def back(known: Known, args: JsonObject) -> Lines:
    services = dict(args["services"])
    tags = [
        command("docker", "tag", str(each["image"]), str(each["reference"]))
        for each in services.values()
        if each["image"]
    ]
    running = [name for name, each in services.items() if each["up"]]
    return (*tags, *_compose(known, running, "up", "--detach", "--no-deps", "--no-build"))


def set_version(known: Known, args: JsonObject) -> Lines:
    deploy = known.stack.deploy
    if deploy is None or deploy.variable is None:
        return ()
    files = known.stack.compose.env_files if known.stack.compose else ()
    file = deploy.variable.file or (files[-1] if files else "the env file")
    if args["value"] is None:
        return (f"# In {file}: remove {deploy.variable.name}.",)
    return (f"# In {file}: {deploy.variable.name}={args['value']}",)


def pull(known: Known, args: JsonObject) -> Lines:
    return _compose(known, args["services"], "pull")


def build(known: Known, args: JsonObject) -> Lines:
    return _compose(known, args["services"], "build")


def push(known: Known, args: JsonObject) -> Lines:
    return _compose(known, args["services"], "push")


def roll(known: Known, args: JsonObject) -> Lines:
    return _compose(known, [str(args["service"])], "up", "--detach", "--no-deps", "--no-build")


def gate(known: Known, args: JsonObject) -> Lines:
    return service.await_health(known, args)


def take_images(known: Known, args: JsonObject) -> Lines:  # noqa: ARG001  # as above
    return tuple(
        f"# {command('docker', 'tag', str(image))} NAME_OF_ITS_IMAGE  # {name}"
        for name, image in dict(args["images"]).items()
    )


def checkout(known: Known, args: JsonObject) -> Lines:  # noqa: ARG001  # the shape of all
    git = ("git", "-C", str(args["directory"]))
    fetch = (command(*git, "fetch", "--tags", str(args["remote"])),) if args.get("ref") else ()
    branch = ("-B", str(args["branch"])) if args.get("branch") else ("--detach",)
    return (*fetch, command(*git, "checkout", *branch, str(args["commit"])))


def archive(known: Known, args: JsonObject) -> Lines:
    excluded = [f"--exclude={name}" for name in args.get("without") or ()]
    path, into = str(args["path"]), str(args.get("into") or f"{args['path']}/..")
    file = word(f"--file={into}/{known.stack.name}-", Shell('"$(date +%Y%m%d-%H%M%S)".tar.gz'))
    return (command("tar", "--create", "--gzip", file, *excluded, "--", path),)


def released(known: Known, args: JsonObject) -> Lines:
    return _compose(known, args["services"], "images")


def one_off(known: Known, args: JsonObject) -> Lines:
    name, argv = str(args["service"]), [str(word) for word in args["argv"]]
    compose, container = compose_now(known.stack, name), known.stack.container_of(name)
    if compose is None or container is None:
        return (f"# In {name}: {command(*argv)}",)
    how = ("exec", "-T") if args.get("running") else ("run", "--rm", "--no-deps", "-T")
    listing = [str(word) for word in args.get("pending") or ()]
    base = (*base_argv(compose), *how, container)
    first = (command(*base, *listing),) if listing else ()
    return (*first, command(*base, *argv))


def migrate_script(known: Known, args: JsonObject) -> Lines:
    first = run_script(known, {"script": args["pending"]}) if args.get("pending") else ()
    return (*first, *run_script(known, args))


def _compose(known: Known, services: Sequence[str], *words: str) -> Lines:
    compose = known.stack.compose
    if compose is None:
        return ()
    names = [known.stack.container_of(name) or name for name in services]
    return (command(*base_argv(compose), *words, *names),)

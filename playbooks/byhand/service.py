"""A service that runs as a local process, by hand."""

import shlex
from collections.abc import Sequence

from playbooks.model.base import JsonObject
from playbooks.model.stack import HttpHealth, Stack, TcpHealth


def start(stack: Stack, args: JsonObject) -> Sequence[str]:
    name = str(args["service"])
    process = stack.service(name).process
    if process is None:
        return ()
    assigned = [f"{key}={value}" for key, value in process.environment.items()]
    command = shlex.join(("env", *assigned, *process.argv) if assigned else process.argv)
    log = shlex.quote(str(process.state / f"{name}.log"))
    return (f"cd {shlex.quote(str(process.directory))} && setsid {command} >> {log} 2>&1 &",)


def stop(stack: Stack, args: JsonObject) -> Sequence[str]:
    name = str(args["service"])
    process = stack.service(name).process
    if process is None:
        return ()
    noted = shlex.quote(str(process.state / f"{name}.pid"))
    return (
        f"cat {noted}  # the pid of the leader of its process group",
        'kill -TERM -- "-$PID"',
    )


def health(stack: Stack, args: JsonObject) -> Sequence[str]:
    match stack.service(str(args["service"])).health:
        case HttpHealth() as http:
            return (shlex.join(("curl", "--fail", "--max-time", f"{http.seconds:g}", http.url)),)
        case TcpHealth() as tcp:
            return (shlex.join(("nc", "-z", "-w", f"{tcp.seconds:g}", tcp.host, str(tcp.port))),)
        case None:
            return ()

"""A service by hand. Interlock knows a local process again by its pid file."""

from playbooks.byhand import compose, health, systemd
from playbooks.byhand.bluegreen import followed
from playbooks.byhand.hosts import there
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Shell, command, secret, word
from playbooks.model.base import JsonObject
from playbooks.model.service import Process
from playbooks.model.stack_file import holds_secret

_UNMANAGED = "# Interlock does not run it: do this where it runs."
# The shell becomes the service, so the pid it notes is the service's own.
_NOTE_AND_BECOME = (
    'printf \'{"pid":%d,"born":"%s:%s","since":"%s"}\' $$ '
    '"$(cat /proc/sys/kernel/random/boot_id)" '
    '"$(sed "s/.*) //" /proc/$$/stat | cut -d " " -f 20)" '
    '"$(date -u +%Y-%m-%dT%H:%M:%S+00:00)" > "$0" && exec "$@"'
)
_INHERITED = (Shell('PATH="$PATH"'), Shell('HOME="${HOME-/}"'), Shell('LANG="${LANG-C}"'))
_READ_PID = "PID=$(grep --only-matching '\"pid\": *[0-9]*' {file} | grep --only-matching '[0-9]*')"


def start(known: Known, args: JsonObject) -> Lines:
    if found := compose.composed(known, args):
        return (*compose.start(*found), *followed(known, str(args["service"])))
    if unit := systemd.unit_of(known, args):
        return systemd.start(*unit)
    name, process = _process(known, args)
    if process is None:
        return (_UNMANAGED,)
    settings = [
        word(f"{key}=", secret(value) if holds_secret(key) else value)
        for key, value in process.environment.items()
    ]
    become = command(
        "setsid", "--fork", "sh", "-c", _NOTE_AND_BECOME, _pid_file(name, process), *process.argv
    )
    log = word(process.state / f"{name}.log")
    return (
        command("mkdir", "--parents", "--", process.state),
        f"( {command('cd', '--', process.directory)} && "
        f"{command('env', '--ignore-environment', *_INHERITED, *settings, become)} "
        f"< /dev/null >> {log} 2>&1 )",
    )


def create(known: Known, args: JsonObject) -> Lines:
    if found := compose.composed(known, args):
        return compose.create(*found)
    return ("# Nothing to do: it runs in no container.",)


def stop(known: Known, args: JsonObject) -> Lines:
    if found := compose.composed(known, args):
        own = known.stack.stop_seconds(str(args["service"]))
        return compose.stop(*found, args.get("seconds") or own)
    if unit := systemd.unit_of(known, args):
        return systemd.stop(*unit, args.get("seconds"))
    name, process = _process(known, args)
    if process is None:
        return (_UNMANAGED,)
    file, seconds = _pid_file(name, process), args.get("seconds") or 10.0
    return (
        _READ_PID.format(file=file),
        'ps -o pid,lstart,args -p "$PID"  # it must be the service',
        'kill -TERM "$PID"',
        f'timeout {float(seconds):g} tail --pid="$PID" -f /dev/null || kill -KILL -- "-$PID"',
        'kill -TERM -- "-$PID" 2> /dev/null || true  # what it left of its own processes',
        command("rm", "--force", "--", file),
    )


def reload(known: Known, args: JsonObject) -> Lines:
    unit = systemd.unit_of(known, args)
    return systemd.reload(*unit) if unit else (_UNMANAGED,)


def await_health(known: Known, args: JsonObject) -> Lines:
    name = str(args["service"])
    service = known.stack.service(name)
    asking = health.asking(known, args)
    if asking is not None:
        asking = there(known.stack.host_of(name), asking)
        return (f"until {asking}; do sleep 1; done  # give up after {service.start_seconds:g} s",)
    if service.health is None:
        return ("# No way to see its health is known: look at its log.",)
    found = compose.composed(known, args)
    return compose.await_health(*found, service.start_seconds) if found else (_UNMANAGED,)


def state(known: Known, args: JsonObject) -> Lines:
    if found := compose.composed(known, args):
        return compose.state(*found)
    if unit := systemd.unit_of(known, args):
        return systemd.state(*unit)
    name, process = _process(known, args)
    if process is None:
        return (_UNMANAGED,)
    return (
        _READ_PID.format(file=_pid_file(name, process)),
        'ps -o pid,lstart,args -p "$PID"',
    )


def _process(known: Known, args: JsonObject) -> tuple[str, Process | None]:
    name = str(args["service"])
    return name, known.stack.service(name).process


def _pid_file(name: str, process: Process) -> Shell:
    return word(process.state / f"{name}.pid")

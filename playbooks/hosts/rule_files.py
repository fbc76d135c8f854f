"""Rule files of a Prometheus: read, checked by promtool, written whole or not at all, taken up."""

from collections.abc import Sequence
from pathlib import PurePath

import httpx

from playbooks.errors import HostError
from playbooks.hosts.shell import Shell, output_of, shell_of
from playbooks.model.stack import Stack
from playbooks.model.telemetry import RuleFiles

_SECONDS = 30.0
_LARGEST = 1024 * 1024


def rules_of(stack: Stack) -> RuleFiles:
    """Raises HostError where the stack file names none."""
    if stack.telemetry.rules is None:
        raise HostError(
            f"{stack.name} names no rule files.",
            "Name them as `telemetry.rules` in the stack file.",
        )
    return stack.telemetry.rules


def read(stack: Stack, file: str) -> str:
    """The text of a rule file. Raises HostError."""
    found = output_of(shell_of(stack.host), ["cat", "--", file])
    if len(found) > _LARGEST:
        raise HostError(f"{file} is larger than 1 MiB; that is no rule file.")
    return found.decode(errors="replace")


def complaint(stack: Stack, text: str) -> str:
    """What promtool says against the text; empty where it takes it. Raises HostError when it cannot
    be asked."""
    argv = [*rules_of(stack).promtool, "check", "rules"]
    done = shell_of(stack.host).run(argv, text.encode(), _SECONDS)
    if done.code == 0:
        return ""
    words = (done.complaint + b"\n" + done.output).decode(errors="replace").split()
    return " ".join(words)[:1000] or f"it ended with {done.code}"


def write(stack: Stack, file: str, text: str) -> None:
    """From one moment to the next, with the owner and the mode that it had. Raises HostError."""
    shell = shell_of(stack.host)
    fresh = str(PurePath(file).with_name(f".{PurePath(file).name}.interlock"))
    try:
        output_of(shell, ["cp", "--preserve=mode,ownership", "--", file, fresh])
        output_of(shell, ["tee", "--", fresh], text.encode())
        output_of(shell, ["sync", "--", fresh])
        output_of(shell, ["mv", "--force", "--", fresh, file])
    finally:
        _remove(shell, fresh)


def take_up(stack: Stack) -> None:
    """Has Prometheus read its files anew. Raises HostError with its own words when it refuses."""
    argv = rules_of(stack).reload
    if argv:
        output_of(shell_of(stack.host), list(argv), seconds=_SECONDS)
        return
    url = stack.telemetry.prometheus
    if url is None:
        raise HostError(
            f"{stack.name} names neither `telemetry.prometheus` nor `telemetry.rules.reload`.",
            "Name one of them in the stack file.",
        )
    try:
        answer = httpx.post(f"{url.rstrip('/')}/-/reload", timeout=_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        raise HostError(f"Prometheus at {url} cannot be reached: {error}.") from error
    if answer.status_code in {403, 404, 405}:
        raise HostError(
            f"Prometheus at {url} is not reloaded over HTTP.",
            "Start it with `--web.enable-lifecycle`, or name `telemetry.rules.reload`.",
        )
    if not answer.is_success:
        raise HostError(f"Prometheus did not take its files up: {' '.join(answer.text.split())}")


def _remove(shell: Shell, file: str) -> None:
    argv: Sequence[str] = ["rm", "--force", "--", file]
    shell.run(argv)

"""The command line: `interlock demo`, `run`, `workspace`, `stack check`, `audit verify`,
`page test`, `version`.

What cannot be used ends with one clear line and exit code 2. Each subcommand loads only what it
needs, so that `--help` and a typo answer at once.
"""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.exceptions import TyperException
from typer.main import get_command

from playbooks.errors import InterlockError

_UNUSABLE = 2
_INTERRUPTED = 130

app = typer.Typer(
    help="Operations from Slack that nothing dangerous slips through: plan, approve, run, undo.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
stack_app = typer.Typer(help="Stack files.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit's hash chain.", no_args_is_help=True)
app.add_typer(stack_app, name="stack")
app.add_typer(audit_app, name="audit")
page_app = typer.Typer(help="Paging people.", no_args_is_help=True)
app.add_typer(page_app, name="page")

ConfigOption = Annotated[Path, typer.Option("--config", help="The configuration file.")]


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page.", min=1, max=65535)] = 8700,
    state: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path(
        ".interlock/demo"
    ),
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    rates: Annotated[bool, typer.Option(help="Limit calls as Slack does.")] = True,
) -> None:
    """A workspace in the browser, a bot in it, and a stack that it operates for real."""
    _run(_load("bot.demo.command").demo, state, port, browser, rates)


@app.command()
def run(config: ConfigOption = Path("interlock.yaml")) -> None:
    """The bot. Slack's tokens come from the environment."""
    _run(_load("bot.start").run_bot, config)


@app.command()
def workspace(
    state: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path(
        ".interlock/workspace"
    ),
    port: Annotated[int, typer.Option(help="Port of the page.", min=0, max=65535)] = 8700,
    rates: Annotated[bool, typer.Option(help="Limit calls as Slack does.")] = True,
) -> None:
    """The local Slack-compatible workspace alone, for a bot started elsewhere."""
    argv = ["--state", str(state), "--port", str(port), "--rates", "on" if rates else "off"]
    raise typer.Exit(_load("bot.workspace.__main__").main(argv))


@stack_app.command("check")
def stack_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A stack file (YAML).")],
) -> None:
    """Reads a stack file strictly, offline, without resolving any secret."""
    _run(_load("bot.checking").check_stack, file)


@audit_app.command("verify")
def audit_verify(config: ConfigOption = Path("interlock.yaml")) -> None:
    """Walks the audit's chain and says which entry was changed, removed, inserted or cut off."""
    _run(_load("bot.verifying").verify_audit, config)


@page_app.command("test")
def page_test(
    target: Annotated[str, typer.Argument(help="A target of paging, or email, or sms.")],
    to: Annotated[str, typer.Argument(help="The address, for email and sms.")] = "",
    config: ConfigOption = Path("interlock.yaml"),
) -> None:
    """Sends one page now and says what became of it. No bot has to run."""
    _run(_load("bot.trying").try_page, target, to, config)


@app.command()
def version() -> None:
    """Which Interlock this is."""
    try:
        sys.stdout.write(f"interlock {installed_version('interlock')}\n")
    except PackageNotFoundError:
        sys.stdout.write("interlock, from its sources\n")


def main() -> None:
    """The entry point of `interlock`."""
    sys.exit(interlock(sys.argv[1:]))


def interlock(argv: Sequence[str]) -> int:
    """Runs one command line; its exit code."""
    try:
        code = get_command(app)(list(argv), prog_name="interlock", standalone_mode=False)
    except TyperException as error:
        if said := " ".join(error.format_message().split()):
            _complain(f"interlock: {said.rstrip('.?')}. See interlock --help.")
        return _UNUSABLE
    except InterlockError as error:
        _complain(str(error))
        return _UNUSABLE
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    return code if isinstance(code, int) else 0


def _load(module: str) -> Any:
    """The module of a subcommand, loaded when it is used: all of them together take seconds.

    What is loaded stays, so the garbage collector does not look through it again and again.
    """
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _run(task: Any, *arguments: object) -> None:
    raise typer.Exit(int(task(*arguments)))


def _complain(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()

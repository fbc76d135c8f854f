"""The catalogue of subcommands: each stands under its name, and is loaded when it is asked for."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import commands
from commands.catalogue import SUBCOMMANDS
from commands.subcommand import Subcommand


def test_every_subcommand_stands_under_its_name() -> None:
    """What is typed finds what is called so, and every subcommand is found."""
    assert {name: each.name for name, each in SUBCOMMANDS.items()} == {n: n for n in SUBCOMMANDS}
    declared = {
        each.name
        for module in pkgutil.walk_packages(commands.__path__, "commands.")
        for each in vars(import_module(module.name)).values()
        if isinstance(each, Subcommand)
    }
    assert declared == set(SUBCOMMANDS)


def test_a_name_is_known_before_its_module_is_loaded() -> None:
    """The names are there for completion and typos; only what is used takes time and memory."""
    program = (
        "import sys; from commands.catalogue import SUBCOMMANDS; "
        "known = 'restore' in SUBCOMMANDS and 'nothing' not in SUBCOMMANDS; "
        "loaded = 'commands.protect.restore' in sys.modules; SUBCOMMANDS['restore']; "
        "sys.exit(not known or loaded or 'commands.protect.restore' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

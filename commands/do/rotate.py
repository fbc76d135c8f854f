"""`rotate STACK SECRET --to REFERENCE`: a new password, everywhere it stands and is read."""

import re
from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import stack_named
from commands.names import found
from commands.ports import Context
from commands.subcommand import doing
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.rotate import RotateParams

_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:/\S+|env-file:/\S+#[A-Za-z_][A-Za-z0-9_]*"
    r"|docker-secret:[A-Za-z0-9_.-]+"
)


class RotateWords(Model):
    """Which secret, and where its new value is."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    secret: Annotated[str, Word("SECRET", "one of the stack file's `secrets`")]
    to: Annotated[
        str,
        Option("where the new value is, never the value itself", "a reference", "REFERENCE"),
    ] = ""


def _intend(_: Context, stack: Stack, params: RotateWords) -> Intent:
    """What is no reference may be a password that somebody typed, so it is not repeated."""
    secret = found(stack.secrets, params.secret, "secret", stack.name)
    name = next(key for key, value in stack.secrets.items() if value is secret)
    if not _REFERENCE.fullmatch(params.to):
        raise BadArgument(
            "`--to` is a reference to the new value: env:NAME, file:/PATH, env-file:/PATH#NAME or "
            "docker-secret:NAME.",
            "If that was the value itself, it is in Slack's history now: choose another.",
        )
    return Intent("rotate", stack, RotateParams(secret=name, to=params.to))


OPERATION = Operation(locate=stack_named, intend=_intend)

ROTATE = doing(
    "rotate",
    "give a password or a secret a new value, everywhere it stands and is read",
    RotateWords,
    OPERATION,
    ("rotate harbor postgres-password --to file:/run/secrets/new-password",),
    "The old value is refused afterwards; a failure before that puts it back.",
)

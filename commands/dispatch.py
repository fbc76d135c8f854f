"""From what was typed to an answer."""

from commands.catalogue import SUBCOMMANDS
from commands.language import plain, words
from commands.names import found
from commands.parsing import HELP_WORDS, asks_for_help
from commands.ports import Call, Context, Reply
from commands.reading import read_params
from commands.see.help import explained, overview
from playbooks.errors import InterlockError, UnknownName

_LONGEST_REST = 200


def answer(context: Context, call: Call) -> Reply:
    """Carries out one use of a subcommand.

    Raises InterlockError, whose message and hint are for the person who typed.
    """
    text = plain(call.text)
    name, *rest = words(text) or ("help",)
    if name in HELP_WORDS:
        return Reply(body=overview(SUBCOMMANDS.values()))
    try:
        subcommand = found(SUBCOMMANDS, name, "subcommand")
    except UnknownName as error:
        raise UnknownName(error.message, _with_example(error.hint, text)) from error
    if asks_for_help(rest):
        return Reply(body=explained(subcommand))
    params = read_params(subcommand, rest)
    call = call.model_copy(update={"text": text})
    if subcommand.naming is not None and subcommand.naming.left_out(params):
        return subcommand.naming.ask(context, call, params)
    return subcommand.handle(context, call, params)


def opens_window(text: str) -> bool:
    """Whether the answer is a window, told from the words alone: Slack opens one only within three
    seconds."""
    try:
        name, *rest = words(plain(text)) or ("",)
        subcommand = SUBCOMMANDS.get(name.lower())
        if subcommand is None or subcommand.naming is None or asks_for_help(rest):
            return False
        return subcommand.naming.left_out(read_params(subcommand, rest))
    except InterlockError:
        return False


def _with_example(hint: str, typed: str) -> str:
    """The hint, with what was typed after the subcommand that it proposes, or an example of it."""
    proposed = next((name for name in SUBCOMMANDS if f"`{name}`?" in hint), None)
    if proposed is None:
        return "`/ops help` lists them all."
    rest = typed.partition(" ")[2].strip()
    if rest and len(rest) <= _LONGEST_REST and "`" not in rest:
        return f"{hint} For example: `/ops {proposed} {rest}`"
    return f"{hint} For example: `/ops {SUBCOMMANDS[proposed].examples[0]}`"

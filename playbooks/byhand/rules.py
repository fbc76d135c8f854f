"""Changing an alert rule by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import command
from playbooks.model.base import JsonObject
from playbooks.respond.rule_text import difference


def write(known: Known, args: JsonObject) -> Lines:
    """The change is described, not typed: it is made in an editor."""
    file, rules = str(args["file"]), known.stack.telemetry.rules
    promtool = rules.promtool if rules else ("promtool",)
    changes = difference(str(args["former"]), str(args["wanted"]))
    return (
        command("cp", "--preserve", "--", file, f"{file}.before"),
        f"# In {file} change:",
        *(f"#   {line}" for line in changes),
        f"{command(*promtool, 'check', 'rules')} < {file}",
        *_reload(known),
    )


def put_back(known: Known, args: JsonObject) -> Lines:
    file = str(args["file"])
    return (command("mv", "--", f"{file}.before", file), *_reload(known))


def hold(known: Known, args: JsonObject) -> Lines:
    url = known.stack.telemetry.prometheus or "http://127.0.0.1:9090"
    place = f"{url.rstrip('/')}/api/v1/rules?type=alert"
    return (
        f"# {args['rule']} is to be there as the file has it:",
        command("curl", "--silent", "--show-error", "--fail", place),
    )


def _reload(known: Known) -> Lines:
    rules, url = known.stack.telemetry.rules, known.stack.telemetry.prometheus
    if rules is not None and rules.reload:
        return (command(*rules.reload),)
    place = f"{(url or 'http://127.0.0.1:9090').rstrip('/')}/-/reload"
    return (command("curl", "--silent", "--show-error", "--fail", "--request", "POST", place),)

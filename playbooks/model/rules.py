"""Alert rules of a stack's Prometheus: as their files have them, and as it goes by them."""

from playbooks.model.base import Model


class LiveRule(Model):
    """An alert rule as Prometheus has read it. `state` is inactive, pending or firing; `wait` is
    its `for` in seconds; `problem` is what the last evaluation said, if it failed. `kept_in` is
    what has it, where that is no file of rules."""

    name: str
    group: str
    file: str
    expr: str
    state: str
    wait: float = 0.0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    firing: int = 0
    problem: str = ""
    kept_in: str = ""


class FileOfRules(Model):
    """A rule file: its `text`, or the `problem` that kept it from being read."""

    path: str
    text: str = ""
    problem: str = ""


class KnownRules(Model):
    """All that is known of a stack's rules. `problem` is why somebody could not be asked."""

    files: tuple[FileOfRules, ...] = ()
    live: tuple[LiveRule, ...] = ()
    problem: str = ""


class RuleChange(Model):
    """What a wish would make of a file. `problem` is why it cannot be: what promtool says."""

    file: str
    former: str
    wanted: str
    problem: str = ""

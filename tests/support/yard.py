"""A small stack with real effects: files in a folder, every effect counted in `effects.log`."""

import json
import os
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from playbooks.errors import ActionFailed, OutcomeUnknown
from playbooks.gate.policy import Policy
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Guard, Owed, Plan, Resource, Risk, Step
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs, registry

GATE = FactQuery(fact="yard.gate")
SPACE = FactQuery(fact="yard.space")


class Shift(Model):
    """`fails` is the step that fails, `lost` the one whose outcome nobody knows, `waits` the one
    that waits for the file `go`."""

    risk: Risk = Risk.DESTROY
    probes: bool = True
    idempotent: bool = True
    fails: str = ""
    lost: str = ""
    fails_undo: str = ""
    waits: str = ""
    datastore: str = "yard"
    resource: str = "yard"
    exclusive: bool = True


class Put(Model):
    folder: str
    name: str
    fails: bool = False
    lost: bool = False
    waits: bool = False


class Swap(Model):
    folder: str


def stack() -> Stack:
    return Stack(name="yard", environment="prod", channel="ops-yard")


def policy(**more: Any) -> Policy:
    return Policy.model_validate(
        {
            "people": {
                "ana": {"slack": "U0ANA", "roles": ["operator"]},
                "ben": {"slack": "U0BEN", "roles": ["approver"]},
                "cleo": {"slack": "U0CLEO", "roles": ["approver"]},
                "dora": {"slack": "U0DORA", "roles": ["lead"]},
                "eve": {"slack": "U0EVE", "roles": ["viewer"]},
            },
            "roles": {
                "operator": {"may": ["read", "ask"]},
                "approver": {"may": ["read", "ask", "approve", "audit"]},
                "lead": {"may": ["read", "ask", "approve", "audit", "break_glass"]},
                "viewer": {"may": ["read"]},
            },
            "policy": [
                {"risk": "READ", "approvals": 0},
                {"risk": "CHANGE", "approvals": 1, "from": ["approver", "lead"]},
                {"risk": "DESTROY", "approvals": 2, "from": ["approver", "lead"]},
            ],
            **more,
        }
    )


class YardFacts:
    """Reads the folder: the gate's position binds, the space guards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, stack: Stack, queries: Sequence[FactQuery]) -> Facts:
        readings = {
            GATE.key: {"position": self._text("gate", "closed")},
            SPACE.key: {"free": int(self._text("space", "1000"))},
        }
        return Facts({query.key: readings[query.key] for query in queries})

    def _text(self, name: str, otherwise: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else otherwise


class NoSecrets:
    def resolve(self, reference: str) -> Secret:
        return Secret(reference)


def shift(folder: Path) -> Playbook[Shift]:
    """Brings two things beside the live one, closes, swaps, opens, and clears up."""

    def needs(stack: Stack, params: Shift) -> Sequence[FactQuery]:
        return [GATE]

    def plan(stack: Stack, params: Shift, facts: Facts) -> Plan:
        return Plan(
            operation="shift",
            stack=stack.name,
            environment=stack.environment,
            summary="SHIFT prod/yard",
            risk=params.risk,
            params=params.model_dump(mode="json"),
            stages=_stages(str(folder), params),
            point_of_no_return=2,
            owed=(
                Owed(
                    key="open-again",
                    name="Open again",
                    call=_put(str(folder), "open"),
                    since=1,
                    settled_by="open",
                ),
            ),
            resources=(
                Resource(kind="datastore", name=params.resource, exclusive=params.exclusive),
            ),
            guards=(Guard(name="Free space", query=SPACE, field="free", at_least=100),),
            binding={"gate": facts.of(GATE)["position"]},
        )

    return Playbook("shift", Shift, needs, plan)


def _put(folder: str, name: str, **more: bool) -> ActionCall:
    return ActionCall(action="yard.put", args={"folder": folder, "name": name, **more})


def _stages(folder: str, params: Shift) -> tuple[tuple[Step, ...], ...]:
    def probe(action: str, **args: str) -> ActionCall | None:
        return ActionCall(action=action, args={"folder": folder, **args}) if params.probes else None

    def putting(key: str, idempotent: bool) -> Step:
        fails = {
            "fails": params.fails == key,
            "lost": params.lost == key,
            "waits": params.waits == key,
        }
        undo = {"fails": params.fails_undo == key}
        return Step(
            key=key,
            name=f"Put {key}",
            action="yard.put",
            args={"folder": folder, "name": f"{key}-{{run}}", **fails},
            undo=ActionCall(
                action="yard.remove", args={"folder": folder, "name": f"{key}-{{run}}", **undo}
            ),
            probe=probe("yard.is_put", name=f"{key}-{{run}}"),
            idempotent=idempotent,
        )

    close = Step(
        key="close",
        name="Close",
        action="yard.remove",
        args={"folder": folder, "name": "open"},
        idempotent=True,
    )
    swap = Step(
        key="swap",
        name="Swap",
        action="yard.swap",
        args={"folder": folder},
        undo=ActionCall(action="yard.unswap", args={"folder": folder}),
        probe=probe("yard.is_swapped"),
    )
    reopen = Step(
        key="open",
        name="Open",
        action="yard.put",
        args={"folder": folder, "name": "open", "fails": params.fails == "open"},
        idempotent=params.idempotent,
    )
    return (
        (putting("a", idempotent=params.idempotent), putting("b", idempotent=False)),
        (close,),
        (swap, putting("c", idempotent=False)) if params.fails == "c" else (swap,),
        (reopen,),
        (putting("d", idempotent=False),),
    )


def put(work: Work, args: Put) -> JsonObject:
    path = Path(args.folder) / args.name
    work.progress(0, 1)
    while args.waits and not (Path(args.folder) / "go").exists():
        work.check_stop()
        threading.Event().wait(0.01)
    work.check_stop()
    if args.fails:
        raise ActionFailed(f"{args.name} does not fit.")
    path.touch()
    _count(Path(args.folder), f"put {args.name}")
    if args.lost:
        raise OutcomeUnknown(f"The line was cut while putting {args.name}.")
    return {"name": args.name}


def remove(work: Work, args: Put) -> JsonObject:
    work.check_stop()
    if args.fails:
        raise ActionFailed(f"{args.name} is stuck.")
    _count(Path(args.folder), f"remove {args.name}")
    (Path(args.folder) / args.name).unlink(missing_ok=True)
    return {}


def is_put(work: Work, args: Put) -> JsonObject:
    there = (Path(args.folder) / args.name).exists()
    return {"state": "done", "output": {"name": args.name}} if there else {"state": "not_done"}


def swap(work: Work, args: Swap) -> JsonObject:
    work.check_stop()
    _write(Path(args.folder) / "live", f"new-{work.run}")
    _count(Path(args.folder), "swap")
    warning = Path(args.folder) / "warning"
    return {"warnings": [warning.read_text()]} if warning.exists() else {}


def unswap(work: Work, args: Swap) -> JsonObject:
    work.check_stop()
    _count(Path(args.folder), "unswap")
    _write(Path(args.folder) / "live", "old")
    return {}


def is_swapped(work: Work, args: Swap) -> JsonObject:
    swapped = (Path(args.folder) / "live").read_text() == f"new-{work.run}"
    return {"state": "done" if swapped else "not_done"}


ACTIONS = registry(
    [
        Action("yard.put", Put, put),
        Action("yard.remove", Put, remove),
        Action("yard.is_put", Put, is_put),
        Action("yard.swap", Swap, swap),
        Action("yard.unswap", Swap, unswap),
        Action("yard.is_swapped", Swap, is_swapped),
        Action("yard.nothing", NoArgs, lambda work, args: {}),
    ]
)


def new_yard(folder: Path) -> Path:
    """A folder where the live thing is old and the service is open."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "live", "old")
    (folder / "open").touch()
    return folder


def effects(folder: Path) -> Counter[str]:
    """How often each effect happened."""
    log = folder / "effects.log"
    return Counter(log.read_text().splitlines() if log.exists() else [])


def now() -> datetime:
    return datetime.now(UTC)


State = Literal["old", "new"]


def live(folder: Path, run: str) -> State:
    text = (folder / "live").read_text()
    assert text in {"old", f"new-{run}"}, text
    return "old" if text == "old" else "new"


def _count(folder: Path, what: str) -> None:
    descriptor = os.open(folder / "effects.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, f"{what}\n".encode())
    os.fsync(descriptor)
    os.close(descriptor)


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)


def dump(value: object) -> str:
    return json.dumps(value, sort_keys=True)

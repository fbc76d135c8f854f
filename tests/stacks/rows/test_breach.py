"""A data breach, worked off step by step on real containers, and seen only by those asked in."""

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from playbooks.hosts.evidence import attacked
from playbooks.model.breach import Attacked
from playbooks.model.stack_file import load_stack
from tests.support.bot import wait_until
from tests.support.docker import PASSWORD
from tests.support.incidents import own_channel
from tests.support.systems import System, on
from tests.support.talk import payload, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

BOTH = ("ben", "cleo")
_GOING_ON = {"pending", "approved", "queued", "running"}


@dataclass(frozen=True)
class Case:
    """A breach that is open, in its private channel."""

    system: System
    id: str
    channel: str

    def cards(self) -> list[dict[str, Any]]:
        seen = self.system.bot.sim.messages(user="ana", channel=self.channel)
        return [m for m in seen if (m.get("metadata") or {}).get("event_type") == "interlock.run"]

    def asks(self, text: str) -> str:
        """The id of the request that `/ops breach neurocore TEXT` makes."""
        known = {payload(card)["request"] for card in self.cards()}
        self.system.bot.sim.command(f"breach neurocore {text}", user="ana", channel="ops")
        found = wait_until(
            lambda: [c for c in self.cards() if payload(c)["request"] not in known],
            f"the card of {text}",
            30,
        )
        request: str = payload(found[0])["request"]
        return request

    def card(self, request: str) -> dict[str, Any]:
        return [card for card in self.cards() if payload(card)["request"] == request][-1]

    def press(self, request: str, action: str, user: str) -> None:
        ts = self.card(request)["ts"]
        act = {"user": user, "channel": self.channel, "ts": ts, "action_id": action}
        self.system.bot.sim.act("press", **act)

    def does(self, text: str, *voters: str) -> str:
        """Asked, approved, succeeded; what its card says."""
        request = self.asks(text)
        for voter in voters:
            self.press(request, "approve", voter)
        ended = wait_until(
            lambda: card if payload(card := self.card(request))["state"] not in _GOING_ON else None,
            f"the end of {text}",
            120,
        )
        assert payload(ended)["state"] == "succeeded", text_of(ended)
        return text_of(ended)


@pytest.fixture
def case(system: System) -> Iterator[Case]:
    """Opened by ana; ben and cleo have roles in it, and so are asked in. Closed afterwards, and
    the evidence is gone."""
    sim = system.bot.sim
    said = text_of(sim.command("breach neurocore open", user="ana", channel="ops")["response"])
    id_ = said.split()[0]

    channel = own_channel(sim, id_)
    for role, user in (("commander", "ben"), ("communications", "cleo")):
        sim.command(f"incident role {id_} {role} @{user}", user="ana", channel="ops")
    yield Case(system, id_, channel)
    sim.command(f"incident resolve {id_}", user="ana", channel="ops")
    sim.command(f"incident close {id_}", user="ana", channel="ops")
    for image in images():
        subprocess.run(["docker", "image", "rm", "--force", image], check=True, capture_output=True)


def images() -> list[str]:
    argv = ["docker", "images", "--format", "{{.ID}}", "interlock-evidence/*/*"]
    asked = subprocess.run(argv, check=True, capture_output=True, text=True)
    return sorted(set(asked.stdout.split()))


def api(system: System) -> Attacked:
    """The container as the engine has it."""
    compose = load_stack(system.project.stack_file).compose
    assert compose is not None
    [found] = attacked(compose, "api")
    return found


def reaches_api(system: System) -> bool:
    """Whether another container of the stack does."""
    asked = ["wget", "-q", "-T", "2", "-O", "-", "http://api:8002/health"]
    found = subprocess.run(
        ["docker", "exec", system.project.container("celery-worker").id, *asked],
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


def database(system: System) -> psycopg.Connection[Any]:
    uri = system.project.uri("neurosurgery_kb", "neurosurgery_admin")
    return psycopg.connect(uri, password=PASSWORD, autocommit=True)


@pytest.mark.covers("R7", "N")
@on("N")
def test_a_breach_is_worked_off(system: System, case: Case) -> None:
    """Isolated and running, preserved with checksums in the audit, reconnected, sessions ended,
    made anew, restored to before the breach, reviewed; each approved by itself, out of order said.
    """
    with database(system) as connection:
        connection.execute("CREATE TABLE papers AS SELECT generate_series(1, 50) AS id")
    system.does("backup neurocore postgres")
    began = datetime.now(UTC) + timedelta(seconds=1)
    wait_until(lambda: datetime.now(UTC) > began, "the breach")
    with database(system) as connection:
        connection.execute("DELETE FROM papers WHERE id > 10")
    system.project.in_container("api", "sh", "-c", "echo mine > /tmp/malware")
    before = api(system)

    early = case.asks("eradicate api")
    assert "Out of order: isolate, preserve, contain" in text_of(case.card(early))
    case.press(early, "cancel", "ana")

    case.does("isolate api", "ben")
    cut = api(system)
    assert (cut.id, cut.up, cut.networks) == (before.id, True, ())
    assert not reaches_api(system)

    _preserved(system, case)

    case.does("reconnect", "ben")
    assert {each.name for each in api(system).networks} == {j.name for j in before.networks}
    wait_until(lambda: reaches_api(system), "api is reached again")

    new = system.project.folder / "new-password"
    new.write_text("A new 'password' of 24 c.")
    contain = f"breach neurocore contain --secret postgres-password --to file:{new}"
    assert "ROTATE prod/neurocore postgres-password" in system.says(f"plan {contain}")
    asked = case.asks(contain.removeprefix("breach neurocore "))
    assert "get all their networks back: api, isolated before" in text_of(case.card(asked))
    case.press(asked, "cancel", "ana")

    with database(system) as held:
        case.does("contain --sessions", "ben")
        with pytest.raises(psycopg.OperationalError):
            held.execute("SELECT 1")

    case.does("eradicate api", *BOTH)
    anew = api(system)
    assert anew.id != before.id
    assert (anew.image, anew.up) == (before.image, True)
    with pytest.raises(AssertionError):
        system.project.in_container("api", "cat", "/tmp/malware")

    case.does(f"recover postgres --before {began:%Y-%m-%dT%H:%M:%S}", *BOTH)
    with database(system) as connection:
        assert connection.execute("SELECT count(*) FROM papers").fetchone() == (50,)
        connection.execute("DROP TABLE papers")

    assert "All 5 files" in case.does("review")
    shown = system.says("breach neurocore")
    for step in ("isolate", "preserve", "contain", "eradicate", "recover", "review"):
        assert step in shown
    assert "not yet" not in shown


def _preserved(system: System, case: Case) -> None:
    """Preserves api: read-only files with their checksums, the image, the custody in the audit."""
    said = case.does("preserve api", "ben")
    [folder] = (system.project.folder / "evidence" / case.id).iterdir()
    listed = json.loads((folder / "evidence.json").read_text())
    for each in listed["files"]:
        file = folder / each["path"]
        assert file.stat().st_mode & 0o777 == 0o400
        assert hashlib.sha256(file.read_bytes()).hexdigest() == each["sha256"]
    with tarfile.open(folder / listed["files"][-1]["path"]) as tar:
        assert "tmp/malware" in tar.getnames()
    [held] = listed["containers"]
    assert held["id"] == api(system).id
    assert any(held["kept_image"].removeprefix("sha256:").startswith(each) for each in images())
    sum_ = hashlib.sha256((folder / "evidence.json").read_bytes()).hexdigest()
    assert sum_ in said
    assert "evidence.kept" not in _audited(system)
    system.bot.sim.command(f"incident role {case.id} scribe @dora", user="ana", channel="ops")
    assert "evidence.kept" in _audited(system)


def _audited(system: System) -> str:
    """What the auditor reads, who sees of a private incident only where she is asked in."""
    return text_of(
        system.bot.sim.command("audit neurocore", user="dora", channel="ops")["response"]
    )


@pytest.mark.covers("R7", "N", only="only those who are asked in know of it")
@on("N")
def test_others_learn_nothing_of_it(system: System, case: Case) -> None:
    """Nothing in the stack's channel; who was not asked in is told that there is none."""
    said = [text_of(each) for each in system.bot.sim.messages(user="eve", channel="ops-harbor")]
    assert not any(case.id in each for each in said)
    answer = system.bot.sim.command("breach neurocore", user="eve", channel="ops")["response"]
    assert "No breach of neurocore is open that you were asked into" in text_of(answer)

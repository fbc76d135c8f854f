"""The stack's own scripts on every system that has some: output, exit code, and who asks."""

import pytest

from tests.support.bot import wait_until
from tests.support.releases import ROLLED
from tests.support.systems import System, on
from tests.support.talk import HARBOR, card_in, payload, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_OWN = {
    "spice-harvester": "check-config",
    "neurocore": "health-check",
    "arc": "health-all",
}


def thread_of(system: System, request: str) -> str:
    """Everything that stands below the card of a request."""
    state = payload(system.end_of(request))["state"]
    card = card_in(system.bot.sim, state, request)
    replies = system.bot.sim.messages(channel=HARBOR, thread_ts=card["ts"])
    return "\n".join(text_of(each) for each in replies)


def says_in_thread(system: System, request: str, words: str) -> None:
    wait_until(lambda: words in thread_of(system, request), f"{words!r} below {request}", 30)


@pytest.mark.covers("D16", "SNC", only="in its folder")
@on("SNC")
def test_own_scripts_run_in_their_folder(system: System) -> None:
    """What it writes comes into the thread, and the card has its exit code."""
    name = _OWN[system.name]
    assert f"{name}" in system.says(f"script {system.name}")
    request = system.does(f"script {system.name} {name}")
    says_in_thread(system, request, "well")
    assert "ended with exit code 0" in text_of(system.end_of(request))


@pytest.mark.covers("D16", "SNCA")
@on("SNCA")
def test_scripts_are_checked_and_fail_clearly(system: System) -> None:
    """One runs where its service runs, with an argument that is never shell text; another exit code
    is a failure that names it; one that asks for input is ended and says so."""
    request = system.does(f'script {system.name} inside "word=a; $(id)" code=0')
    service = ROLLED[system.name][1]
    says_in_thread(system, request, f"inside {service} says a; $(id)")
    assert "ended with exit code 0" in text_of(system.end_of(request))
    assert "does not look like" in system.says(f"script {system.name} inside word=NO code=7")
    failed = system.end_of(system.asks(f"script {system.name} inside word=no code=7"))
    assert payload(failed)["state"] == "failed"
    assert "ended with exit code 7" in text_of(failed)
    asking = system.end_of(system.asks(f"script {system.name} ask", "ben"))
    assert payload(asking)["state"] == "failed"
    assert "asks for input" in text_of(asking)


@pytest.mark.covers("D16", "S", only="long output as a file")
@on("S")
def test_long_output_is_a_file(system: System) -> None:
    """All of it is a file in the thread, and what the script made is there."""
    output = system.project.folder / "schema.txt"
    request = system.does(
        f"script {system.name} export-schema database=production output=schema.txt"
    )
    assert output.read_text() == "schema of production"
    output.unlink()

    def uploaded() -> str:
        card = card_in(system.bot.sim, "succeeded", request)
        replies = system.bot.sim.messages(channel=HARBOR, thread_ts=card["ts"])
        files = [file for each in replies for file in each.get("files") or ()]
        if not files:
            return ""
        return system.bot.sim.http.get(f"/sim/files/{files[0]['id']}").text

    text = wait_until(uploaded, "the file", 30)
    assert text.splitlines()[0].endswith("table 0000 of production is exported")
    assert "table 1499 of production is exported" in text

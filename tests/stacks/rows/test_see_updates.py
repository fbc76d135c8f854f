"""Updates that wait: images in a real registry, packages of the host."""

import re
import subprocess

import pytest

from tests.images.build import image
from tests.support.registry import registry
from tests.support.systems import System, on
from tests.support.talk import ask_patiently

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SERVICE = {
    "neurocore": "frontend",
    "spice-harvester": "bff",
    "analytics-engine": "api_gateway",
    "arc": "jaeger",
}


@pytest.mark.covers("S13", "NSAC")
@on("NSAC")
def test_another_image_under_the_same_tag_is_seen_to_wait(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to date by the registry's own digest, then behind it; where there is no registry, and for
    images that were made here, it is unknown and says why."""
    service, name = _SERVICE[system.name], f"{system.name}/app:1"
    with registry() as there:
        pushed = there.push(image("app"), name)
        monkeypatch.setenv("APP_IMAGE", f"{there.place}/{name}")
        try:
            system.project.compose("up", "-d", "--no-deps", service)
            fresh = _of(system, service)
            newer = there.replace(name)
            behind = _of(system, service)
        finally:
            monkeypatch.delenv("APP_IMAGE")
            system.project.compose("up", "-d", "--no-deps", "--wait", service)
    assert pushed != newer and there.place in fresh[0]
    assert fresh == (f"{there.place}/{name}", pushed[:19], pushed[:19], "up to date")
    assert behind == (f"{there.place}/{name}", pushed[:19], newer[:19], "newer one waits")


def _of(system: System, service: str) -> tuple[str, ...]:
    """The cells of the service's row."""
    said = ask_patiently(system.bot.sim, f"updates {system.name} images").splitlines()
    others = [line for line in said if line.startswith("unknown: ")]
    assert others and all("made on its host, not pulled" in line for line in others)
    at = said.index(service)
    return tuple(said[at + 1 : at + 5])


@pytest.mark.covers("S13", "NSAC")
@on("NSAC")
def test_packages_of_the_host_that_wait_are_told(system: System) -> None:
    """What waits has the version that dpkg says, and the next; where nothing does, that is said."""
    said = ask_patiently(system.bot.sim, f"updates {system.name} packages", seconds=90)
    point = re.search(r"([0-9,]+) packages? of the host wait, ([0-9,]+) for security", said)
    assert point, said
    listed = re.findall(r"^• ([^ :]+)\S* (\S+) → [^ ,]+(?:, security)?$", said, re.M)
    assert bool(listed) == (point[1] != "0")
    for name, version in listed[:3]:
        argv = ["dpkg-query", "--show", "--showformat", "${Version}", name]
        assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout == version

"""Who is on call, as a picture."""

import struct
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from notifiers.exports.rota import Turns, picture
from playbooks.model.contacts import OfficeHours
from playbooks.respond.oncall import turns, with_changes
from playbooks.respond.rota import LAYERS, Override, Rota

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
UNTIL = NOW + timedelta(days=14)


def drawn_of(name: str, rota: Rota, *changes: Override) -> Turns:
    planned = turns(rota, NOW - timedelta(days=8), UNTIL + timedelta(days=8))
    layers = {layer: with_changes(planned, changes, layer) for layer in LAYERS}
    return Turns(name, layers, has_hours=rota.hours is not None)


def change(person: str, days: int, length: int, why: str) -> Override:
    begins = NOW + timedelta(days=days)
    return Override(
        id=f"c{days}",
        pair="p",
        rota="quay",
        layer="primary",
        person=person,
        begins=begins,
        ends=begins + timedelta(days=length),
        why=why,
        by=person,
        at=NOW,
    )


def size_of(image: bytes) -> tuple[int, int]:
    assert image.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", image[16:24])
    return width, height


def test_each_layer_has_a_lane(tmp_path: Path) -> None:
    """Rotas with and without a second layer, hours, gaps and changes: the more lanes, the taller;
    a change alters the picture."""
    pytest.importorskip("matplotlib")
    quay = Rota(
        zone="Europe/Paris",
        starts=date(2026, 11, 23),
        primary=("ana", "ben"),
        secondary=("cleo", "dora"),
    )
    hours = OfficeHours(days=("monday", "friday"), opens="08:00", closes="18:00", zone="UTC")
    office = Rota(rotation="daily", starts=date(2026, 11, 1), primary=("eve", "ben"), hours=hours)
    plain = picture([drawn_of("quay", quay)], NOW, UNTIL, "Europe/Paris")
    changes = (change("dora", 3, 2, "took it over"), change("ben", 8, 1, "swapped with ana"))
    empty = Turns("nobody", {"primary": (), "secondary": ()})
    full = picture(
        [drawn_of("quay", quay, *changes), drawn_of("office hours", office), empty],
        NOW,
        UNTIL,
        "Europe/Paris",
    )
    changed = picture([drawn_of("quay", quay, *changes)], NOW, UNTIL, "Europe/Paris")
    assert plain is not None and full is not None and changed is not None
    assert size_of(full)[1] > size_of(plain)[1]
    assert size_of(plain) == size_of(changed) and plain != changed
    (tmp_path / "rota.png").write_bytes(full)
    assert picture([], NOW, UNTIL, "UTC") is None

"""Certificates renewed by a script, and what is served afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.errors import ActionFailed, BadArgument
from playbooks.model.stack import Stack
from playbooks.operations.renew_cert import RENEW_CERT, RenewParams
from tests.support.renewing import Site, site
from tests.support.run_plan import Bench


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "tls") as made:
        yield made


def _bench(served: Site) -> Bench:
    stack = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "tls": served.described(),
        "scripts": {"renew-site": served.script},
    }
    return Bench(Stack.model_validate(stack))


def test_a_renewed_certificate_is_seen(served: Site) -> None:
    """The run succeeds only once the address itself serves the new one."""
    bench = _bench(served)
    plan = bench.plan(RENEW_CERT, RenewParams(endpoint="site"))
    bench.run(plan)
    seen = bench.outputs["served.site"]
    assert seen["changed"] is True and "a new certificate" in seen["told"][0]
    bench.run(bench.plan(RENEW_CERT, RenewParams(endpoint="site")))
    assert bench.outputs["served.site"]["changed"] is False


def test_a_certificate_that_still_ends_soon_is_a_failure(
    served: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that ends well and brings nothing is told from a renewal."""
    for kept in ("site.pem", "authority.pem"):
        same = served.current.with_name(kept).read_bytes()
        served.next_one.with_name(kept).write_bytes(same)
    monkeypatch.setattr("playbooks.actions.certs._SECONDS", 0.2)
    bench = _bench(served)
    with pytest.raises(ActionFailed, match="still serves a certificate that ends"):
        bench.run(bench.plan(RENEW_CERT, RenewParams(endpoint="site")))


def test_a_certificate_without_a_way_is_refused(served: Site) -> None:
    """The stack file has to say how."""
    with pytest.raises(BadArgument, match="does not say how"):
        _bench(served).plan(RENEW_CERT, RenewParams(endpoint="other"))

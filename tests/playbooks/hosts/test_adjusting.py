"""What a person types reaches a compose file as a value, whatever it is."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from playbooks.model.adjusted import Adjusted, Adjustments, Setting, read_adjustments
from tests.support.docker import require_docker

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)


def kept(values: dict[str, str]) -> Adjustments:
    variables = {name: Setting(text=value) for name, value in values.items()}
    return Adjustments().having("api", Adjusted(variables=variables))


@given(st.dictionaries(NAMES, TEXT, min_size=1, max_size=5))
def test_what_is_written_is_read_again(values: dict[str, str]) -> None:
    """Every text, also one that looks like a variable, a quote or a line of YAML."""
    adjustments = kept(values)
    assert read_adjustments(adjustments.written()) == adjustments


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.dictionaries(NAMES, TEXT, min_size=1, max_size=8))
def test_compose_reads_exactly_the_value(tmp_path: Path, values: dict[str, str]) -> None:
    """Neither replaced nor cut nor taken for another key."""
    require_docker()
    base, own = tmp_path / "compose.json", tmp_path / "own.yml"
    base.write_text(json.dumps({"services": {"api": {"image": "app", "cpus": 0.5}}}))
    own.write_text(kept(values).written())
    argv = ["docker", "compose", "-p", "fuzz", "-f", str(base), "-f", str(own)]
    done = subprocess.run(
        [*argv, "config", "--format", "json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["services"]["api"]["environment"]
    assert {name: value.replace("$$", "$") for name, value in told.items()} == values


def test_what_no_variable_can_hold_is_refused() -> None:
    """A NUL and half a character."""
    for text in ("a\0b", "\ud800"):
        with pytest.raises(ValidationError):
            Setting(text=text)


def test_nothing_that_is_changed_is_no_entry() -> None:
    """Taking the last change away leaves nothing to write."""
    some = Adjustments().having("api", Adjusted(replicas=2))
    assert not some.having("api", Adjusted()).services
    assert json.loads(some.written())["services"]["api"] == {"scale": 2, "deploy": {"replicas": 2}}

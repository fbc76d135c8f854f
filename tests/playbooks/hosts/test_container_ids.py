"""Ids of containers remember whose engine gave them."""

import copy
import dataclasses
import json
import pickle

from playbooks.hosts.containers.container import Container, ContainerId, host_of
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.model.hosts import LOCAL, SshHost

_HOST = SshHost(kind="ssh", user="ops", address="relica-1")
_ID = ContainerId("4f2a", _HOST)


def test_an_id_is_text_that_keeps_its_host() -> None:
    """Copied, pickled and taken apart; as JSON it is its text alone, which no other engine has."""
    container = Container(_ID, "web", "i", "running", "", 0, None, None, 1, {}, (), {})
    copies = (copy.deepcopy(_ID), pickle.loads(pickle.dumps(_ID)), copy.copy(container).id)
    assert [host_of(each) for each in copies] == [_HOST] * 3
    assert host_of(dataclasses.asdict(container)["id"]) == _HOST
    assert _ID == "4f2a"
    assert json.dumps({"id": _ID}) == '{"id": "4f2a"}'
    assert host_of("4f2a") == LOCAL


def test_a_store_in_a_container_keeps_the_host() -> None:
    """Its tools run in the container, wherever that is."""
    place = {"container_name": "n", "image": "i", "inside_port": 5432, "mounts": {}}
    about = {"kind": "postgres", "service": "pg", "database": "d", "user": "u", "host": "h"}
    store = ContainedStore.model_validate(about | place | {"container": _ID})
    assert host_of(store.model_copy(update={"database": "e"}).container) == _HOST

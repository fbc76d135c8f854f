"""Where the files of a backup can be had."""

from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from playbooks.errors import FactUnavailable
from playbooks.facts.repository import READERS
from playbooks.model.base import JsonObject
from playbooks.registry import found, registry
from tests.support import clouds
from tests.support.clouds import Cloud
from tests.support.harbor import harbor
from tests.support.run_plan import Bench
from tests.support.work import TestReading


def bench_at(root: Path, **backup: object) -> Bench:
    (root / "uploads").mkdir()
    (root / "uploads/a.txt").write_text("first")
    return Bench(harbor(root, **backup))


def files_of(bench: Bench, backup: str, datastore: str | None = None) -> JsonObject:
    reader = found(registry(READERS), "repository.download")
    reading = TestReading(bench.stack, bench.secrets)
    return reader.call(reading, {"backup": backup, "datastore": datastore})


def test_a_folder_gives_paths(tmp_path: Path) -> None:
    """The path of each stored file, with its size and checksum."""
    bench = bench_at(tmp_path)
    backup = bench.backup("uploads")
    fact = files_of(bench, backup, "uploads")
    assert fact["link"] is False
    for file in fact["files"]:
        assert Path(file["where"]).stat().st_size == file["stored_bytes"]
    with pytest.raises(FactUnavailable, match="does not hold postgres"):
        files_of(bench, backup, "postgres")


def check_links(cloud: Cloud, root: Path) -> list[str]:
    """Follows every link to a backup that was made there."""
    place = cloud.place("links").model_dump(mode="json")
    bench = bench_at(root, **place)
    bench.secrets = cloud.secrets
    fact = files_of(bench, bench.backup("uploads"))
    assert fact["link"] is True and fact["minutes"] == 15
    for file in fact["files"]:
        content = httpx.get(file["where"]).raise_for_status().content
        assert sha256(content).hexdigest() == file["sha256"]
        assert cloud.secrets.values["env:KEY"] not in file["where"]
    return [file["where"] for file in fact["files"]]


def test_a_bucket_gives_links_that_need_no_key(tmp_path: Path) -> None:
    """Whoever has the link gets the file as it is stored; it says when it ends."""
    with clouds.s3() as cloud:
        # moto cannot check the signature of a link.
        httpx.post(f"{cloud.endpoint}/moto-api/reset-auth", content=b"inf").raise_for_status()
        assert all("X-Amz-Expires=900" in link for link in check_links(cloud, tmp_path))


def test_a_container_gives_links_that_hold_for_one_file(tmp_path: Path) -> None:
    """The signature of one file opens no other, nor does a changed one."""
    with clouds.azure(tmp_path / "azurite") as cloud:
        first, *_ = check_links(cloud, tmp_path)
        where, _, signature = first.partition("?")
        manifest = where.rpartition("/")[0] + "/manifest.json"
        assert httpx.get(f"{manifest}?{signature}").status_code == 403
        assert httpx.get(where).status_code in {401, 403, 404, 409}

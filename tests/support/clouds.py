"""Object stores on this machine: S3 by moto's server, Azure Blob Storage by Azurite."""

import os
import shutil
import socket
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha256
from hmac import new as hmac
from pathlib import Path

import boto3
import httpx
import pytest

from playbooks.model.repository import Access, Place
from tests.support.ports import free_port
from tests.support.work import KnownSecrets

AZURITE = "azurite@3.35.0"
ACCOUNT = "devstoreaccount1"
# Azurite's one account has this key, which its documentation publishes.
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_SECONDS = 60.0


@dataclass(frozen=True)
class Cloud:
    """A service with one bucket or container, `backups`, that only `secrets` open."""

    scheme: str
    endpoint: str
    secrets: KnownSecrets
    key_id: str = ""

    def place(self, prefix: str, bucket: str = "backups") -> Place:
        root = f"s3://{bucket}" if self.scheme == "s3" else f"azure://{ACCOUNT}/{bucket}"
        return Place(repository=f"{root}/{prefix}", access=self.access(self.endpoint))

    def access(self, endpoint: str) -> Access:
        return Access(endpoint=endpoint, key_id=self.key_id, key="env:KEY")


@contextmanager
def s3() -> Iterator[Cloud]:
    """moto's server, checking signatures."""
    port = free_port()
    argv = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with _serving(argv, port):
        endpoint = f"http://127.0.0.1:{port}"
        iam, storage = (_client(service, endpoint) for service in ("iam", "s3"))
        storage.create_bucket(Bucket="backups")
        iam.create_user(UserName="interlock")
        key = iam.create_access_key(UserName="interlock")["AccessKey"]
        iam.put_user_policy(UserName="interlock", PolicyName="all", PolicyDocument=_ALL_OF_S3)
        httpx.post(f"{endpoint}/moto-api/reset-auth", content=b"0").raise_for_status()
        secrets = KnownSecrets({"env:KEY": key["SecretAccessKey"]})
        yield Cloud("s3", endpoint, secrets, key["AccessKeyId"])


@contextmanager
def azure(folder: Path) -> Iterator[Cloud]:
    """Azurite, which checks signatures."""
    main, port = _azurite(), free_port()
    argv = [shutil.which("node") or "node", str(main), "--blobHost", "127.0.0.1"]
    argv += ["--blobPort", str(port), "--location", str(folder)]
    argv += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    with _serving(argv, port):
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        make_container(endpoint, "backups")
        yield Cloud("azure", endpoint, KnownSecrets({"env:KEY": ACCOUNT_KEY}))


_ALL_OF_S3 = (
    '{"Version": "2012-10-17", "Statement": '
    '[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
)


def _azurite() -> Path:
    """Azurite's entry point, installed once into the user's cache."""
    if not (shutil.which("node") and shutil.which("npm")):
        why = "Azurite needs node and npm, which are not on this machine"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "interlock-tests" / AZURITE
    main = folder / "node_modules/azurite/dist/src/blob/main.js"
    if not main.exists():
        folder.mkdir(parents=True, exist_ok=True)
        argv = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*argv, AZURITE], cwd=folder, check=True, timeout=280)
    return main


@contextmanager
def _serving(argv: list[str], port: int) -> Iterator[None]:
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(server, port)
        yield
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"{server.args!r} ended with {server.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"{server.args!r} did not listen within {_SECONDS:.0f} s")


def _client(service: str, endpoint: str):  # type: ignore[no-untyped-def]
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="root",
        aws_secret_access_key="root",
    )


def make_container(endpoint: str, name: str) -> None:
    """One signed request: the only thing here that Interlock does not do itself."""
    date, version = formatdate(usegmt=True), "2021-08-06"
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{version}\n{resource}"
    signature = b64encode(hmac(b64decode(ACCOUNT_KEY), text.encode(), sha256).digest()).decode()
    headers = {
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {ACCOUNT}:{signature}",
        "Content-Length": "0",
    }
    url = f"{endpoint}/{name}?restype=container"
    httpx.put(url, headers=headers).raise_for_status()

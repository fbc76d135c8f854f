"""Services and hosts that only answer, for measuring who asks: `python -m tests.bench.stand_ins`.

It reads one JSON object, `{"http": [delay seconds, …], "ssh": how many, "silent": how many}`, from
its stdin, and prints the ports as JSON: `{"http": [port], "ssh": [port], "silent": [port], "key":
the private key that every host lets in}`.
"""

import asyncio
import json
import sys
from functools import partial

import asyncssh

_BODY = b'{"status": "healthy"}'
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    + f"Content-Length: {len(_BODY)}\r\n\r\n".encode()
)
_UNIT = """27516.89 21871.78
LoadState=loaded
ActiveState=active
SubState=running
MainPID=100
ActiveEnterTimestampMonotonic=27486890000
"""
_HERE = "127.0.0.1"


async def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    key = asyncssh.generate_private_key("ssh-ed25519")
    opened = {
        "http": [await _http(delay) for delay in wanted["http"]],
        "ssh": [await _ssh(key) for _ in range(wanted["ssh"])],
        "silent": [await _silent() for _ in range(wanted["silent"])],
    }
    ports = {
        kind: [server.sockets[0].getsockname()[1] for server in servers]
        for kind, servers in opened.items()
    }
    told = {
        **ports,
        "key": key.export_private_key().decode(),
        "host_key": key.export_public_key().decode().strip(),
    }
    print(json.dumps(told), flush=True)
    await asyncio.Event().wait()


async def _http(delay: float) -> asyncio.Server:
    """Answers after so many seconds that it is well."""
    return await asyncio.start_server(partial(_answer, delay), _HERE, 0)


async def _answer(delay: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(delay)
    writer.write(_HEAD + _BODY)
    await writer.drain()
    writer.close()


async def _ssh(key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    """A host whose every command says that a unit runs."""
    return await asyncssh.create_server(
        _Host,
        _HERE,
        0,
        server_host_keys=[key],
        authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
        process_factory=_says,
    )


class _Host(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return bool(username)


def _says(process: asyncssh.SSHServerProcess[str]) -> None:
    process.stdout.write(_UNIT)
    process.exit(0)


async def _silent() -> asyncio.Server:
    """Lets in whoever comes, and never says a word: a host that is away behind a firewall."""
    return await asyncio.start_server(_hear, _HERE, 0)


async def _hear(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


if __name__ == "__main__":
    asyncio.run(main())

"""Sockets that are listened on, as the kernel writes them and as they are."""

import os
import socket
from collections.abc import Mapping

from playbooks.hosts.machine.sockets import Socket, local_table, owners, sockets

_HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
)
_TABLES: Mapping[str, str] = {
    "tcp": _HEAD
    + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1\n"
    + "   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 78 1\n",
    "tcp6": _HEAD
    + "   0: 00000000000000000000000001000000:0050 "
    + "00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 79 1\n",
    "udp": _HEAD + "   0: 00000000:0035 00000000:0000 07 0:0 00:0 0 0 0 80 1\n",
}


def test_tables_are_read_as_the_kernel_writes_them() -> None:
    """Addresses are words with the lowest byte first; connections are left out."""
    found = list(sockets(lambda table: _TABLES.get(table, ""), "tcp", "udp"))
    assert found == [
        Socket("127.0.0.1", 8080, "tcp", "77"),
        Socket("::1", 80, "tcp", "79"),
        Socket("0.0.0.0", 53, "udp", "80"),
    ]


def test_an_own_socket_is_found_with_its_process() -> None:
    """On this very host, by this very process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [found] = [each for each in sockets(local_table(), "tcp") if each.port == port]
        assert found.address == "127.0.0.1"
        assert owners()[found.inode] == os.getpid()

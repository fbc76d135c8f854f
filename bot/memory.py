"""How the bot's process deals out memory.

glibc learns from the largest piece ever freed how much to hold back, in up to eight arenas a core:
up to 64 MB in each. Backups of several datastores at once free such pieces in ever other threads,
so that what is held back grew with every backup, though next to nothing of it was used.
"""

import ctypes
import os
from collections.abc import Mapping

# Numbers of malloc.h, by the variable with which an operator sets the same. Pieces of a stream
# (1 MB) come from the arena, for fresh pages from the kernel would cost a third more processor
# time; the larger ones of a compressor go back as soon as they are freed. One arena for all threads
# costs nothing that could be measured: small pieces come from caches of each thread's own.
_ARENAS, _OWN_MAPPING, _HELD_BACK = -8, -3, -1
_SETTINGS = {
    "MALLOC_ARENA_MAX": (_ARENAS, 1),
    "MALLOC_MMAP_THRESHOLD_": (_OWN_MAPPING, 4 << 20),
    "MALLOC_TRIM_THRESHOLD_": (_HELD_BACK, 1 << 20),
}
_GLIBC = "CS_GNU_LIBC_VERSION"


def give_back_what_is_freed(environment: Mapping[str, str]) -> None:
    """Bounds what this process holds back, before it has threads; what the environment sets, stays.

    Does nothing where the C library is not glibc, to which alone these settings belong.
    """
    if _GLIBC not in os.confstr_names:
        return
    libc = ctypes.CDLL(None)
    for name, (parameter, value) in _SETTINGS.items():
        if name not in environment:
            libc.mallopt(parameter, value)

"""Waiting until what was written is on the disk."""

import ctypes
import os
from pathlib import Path


def sync_file_system(folder: Path) -> None:
    """Waits until all that was written there is on the disk: one call, however many files."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if libc.syncfs(descriptor):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), os.fspath(folder))
    except AttributeError:  # not a Linux
        os.sync()
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Waits until its names are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Quantities as people read them."""

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def in_bytes(count: int) -> str:
    """`999 B`, `1.2 MB`, `300 GB`: powers of ten, two digits that say something."""
    size = float(count)
    for unit in _UNITS[:-1]:
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 9.95 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.0f} {_UNITS[-1]}"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 file`, `200 files`, `2 entries`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"

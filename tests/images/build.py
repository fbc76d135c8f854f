"""Makes the images: `python -m tests.images.build [NAME …]` prints their tags.

Packages come from wherever the machine's own apt sources point to, with the suite replaced. An
image is tagged by the hash of all that goes into it and made only when that tag is not there.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SUITE = "trixie"
_HERE = Path(__file__).parent
_SOURCES = Path("/etc/apt")
_KEPT_SETTINGS = re.compile(r"^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) .*;$", re.M)
_NOTHING_TO_READ = ("path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*")


@dataclass(frozen=True)
class Recipe:
    """`variant` is mmdebstrap's; `links` are names that busybox answers to."""

    packages: tuple[str, ...]
    variant: str = "essential"
    path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    changes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


RECIPES = {
    "postgres": Recipe(
        packages=(
            *("postgresql-17", "postgresql-17-pgvector", "postgresql-17-timescaledb"),
            *("pgbackrest", "zstd"),
        ),
        path="/usr/lib/postgresql/17/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        changes=(
            "ENV PGDATA=/var/lib/postgresql/data",
            "ENV LANG=C.UTF-8",
            "VOLUME /var/lib/postgresql/data",
            "EXPOSE 5432",
        ),
    ),
    "redis": Recipe(
        packages=("redis-server", "redis-tools"),
        changes=("VOLUME /data", "WORKDIR /data", "EXPOSE 6379"),
    ),
    "app": Recipe(
        packages=("busybox-static",),
        variant="extract",
        changes=("EXPOSE 8000",),
        links=("sh", "grep", "httpd", "mkdir", "printf", "kill", "cat", "wget", "sleep", "echo"),
    ),
}


def tag_of(name: str) -> str:
    """`interlock-test/NAME:HASH`."""
    recipe = RECIPES[name]
    content = json.dumps([SUITE, asdict(recipe), _entrypoint(name).read_text()], sort_keys=True)
    return f"interlock-test/{name}:{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def image(name: str) -> str:
    """The tag of the image, which is there afterwards. The first time takes up to two minutes."""
    tag = tag_of(name)
    if subprocess.run(
        ["docker", "image", "inspect", tag], capture_output=True, check=False
    ).returncode:
        _make(name, tag)
    return tag


def _make(name: str, tag: str) -> None:
    recipe = RECIPES[name]
    with tempfile.TemporaryDirectory(prefix="interlock-image-") as folder:
        tree = Path(folder) / "tree.tar"
        with _sources() as sources:
            subprocess.run(_bootstrap(name, recipe, tree, sources), check=True)
        changes = (f"ENV PATH={recipe.path}", *recipe.changes, 'ENTRYPOINT ["/entrypoint.sh"]')
        options = [word for change in changes for word in ("--change", change)]
        subprocess.run(["docker", "import", *options, str(tree), tag], check=True)


def _bootstrap(name: str, recipe: Recipe, tree: Path, sources: Path) -> list[str]:
    settings = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    kept = [found.group(0) for found in _KEPT_SETTINGS.finditer(settings.stdout)]
    links = [f'--extract-hook=ln -s busybox "$1"/usr/bin/{link}' for link in recipe.links]
    return [
        *("nice", "-n", "10", "mmdebstrap", "--quiet", f"--variant={recipe.variant}"),
        f"--include={','.join(recipe.packages)}",
        *(f"--aptopt={each}" for each in kept),
        *(f"--dpkgopt={each}" for each in _NOTHING_TO_READ),
        *links,
        f"--extract-hook=upload {_entrypoint(name)} /entrypoint.sh",
        '--extract-hook=chmod 755 "$1"/entrypoint.sh',
        SUITE,
        str(tree),
        str(sources),
    ]


@contextmanager
def _sources() -> Iterator[Path]:
    """The machine's apt sources of Debian itself, for the suite of the images."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line
    )
    ours = release["VERSION_CODENAME"].strip('"')
    files = [_SOURCES / "sources.list", *sorted((_SOURCES / "sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in {".list", ".sources"} and file.is_file():
            text = file.read_text()
            if "debian-security" in text or re.search(rf"^(Suites:|deb ).*\b{ours}\b", text, re.M):
                break
    else:
        raise SystemExit(f"No apt source of Debian {ours} in {_SOURCES}.")
    with tempfile.TemporaryDirectory(prefix="interlock-apt-") as folder:
        copy = Path(folder) / f"debian{file.suffix}"
        copy.write_text(re.sub(rf"\b{ours}\b", SUITE, text))
        yield copy


def _entrypoint(name: str) -> Path:
    return _HERE / name / "entrypoint.sh"


if __name__ == "__main__":
    for wanted in sys.argv[1:] or RECIPES:
        sys.stdout.write(f"{image(wanted)}\n")
        sys.stdout.flush()

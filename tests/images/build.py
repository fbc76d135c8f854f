"""Makes the images: `python -m tests.images.build [NAME …]` prints their tags.

Packages come from wherever the machine's own apt sources point to, with the suite replaced. An
image is tagged by the hash of all that goes into it and made only when that tag is not there.
"""

import fcntl
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.images.jars import fetch
from tests.images.npm import install

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


@dataclass(frozen=True)
class HookedRecipe(Recipe):
    """`hooks` are mmdebstrap's, run last, with the image's own folder here as `{here}`."""

    hooks: tuple[str, ...] = ()


@dataclass(frozen=True)
class JavaRecipe(HookedRecipe):
    """An image with the jars of Maven's `jars.lock` in `home`/lib; every file of the image's own
    folder belongs to the recipe."""

    home: str = ""


@dataclass(frozen=True)
class NodeRecipe(Recipe):
    """An image with the packages of npm's `package-lock.json` in `home`."""

    home: str = ""


RECIPES: dict[str, Recipe] = {
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
    "neo4j": JavaRecipe(
        packages=("openjdk-21-jre-headless", "passwd"),
        path="/var/lib/neo4j/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        changes=(
            *("ENV LANG=C.UTF-8", "ENV NEO4J_HOME=/var/lib/neo4j", "ENV NEO4J_EDITION=community"),
            *("VOLUME /data", "VOLUME /logs", "WORKDIR /var/lib/neo4j", "EXPOSE 7474 7687"),
        ),
        home="/var/lib/neo4j",
        hooks=(
            'chroot "$1" groupadd --system --gid 7474 neo4j',
            'chroot "$1" useradd --uid 7474 --gid neo4j --home-dir /var/lib/neo4j neo4j',
            'cd "$1" && install --directory --owner=7474 --group=7474 data logs',
            'cd "$1/var/lib/neo4j" && mkdir bin conf import licenses plugins run',
            'cd "$1/var/lib/neo4j" && ln -s /data data && ln -s /logs logs',
            "copy-in {here}/neo4j {here}/neo4j-admin {here}/cypher-shell /var/lib/neo4j/bin",
            "copy-in {here}/java.options /var/lib/neo4j",
        ),
    ),
    "neo4j4": HookedRecipe(
        packages=("util-linux",),
        changes=("VOLUME /data",),
        hooks=('cd "$1/usr/local/bin" && ln -s /entrypoint.sh neo4j && ln -s neo4j neo4j-admin',),
    ),
    "azurite": NodeRecipe(
        packages=("nodejs",),
        path="/opt/azurite/node_modules/.bin:/usr/sbin:/usr/bin:/sbin:/bin",
        changes=(
            'CMD ["azurite", "--location", "/data", "--blobHost", "0.0.0.0", "--disableTelemetry"]',
            *("VOLUME /data", "WORKDIR /opt/azurite", "EXPOSE 10000 10001 10002"),
        ),
        home="/opt/azurite",
    ),
    "systemd": HookedRecipe(
        packages=(
            *("systemd", "systemd-sysv", "libpam-systemd", "dbus", "openssh-server", "sudo"),
            *("nginx-light", "procps", "passwd"),
        ),
        changes=("EXPOSE 22 80",),
        hooks=(
            "copy-in {here}/sshd.conf /etc/ssh/sshd_config.d",
            'rm -f "$1"/etc/ssh/ssh_host_*',
            'chroot "$1" useradd --create-home --shell /bin/sh --groups systemd-journal ops',
            "echo 'ops ALL=(root) NOPASSWD: ALL' > \"$1\"/etc/sudoers.d/ops",
            'mkdir -p "$1"/var/lib/systemd/linger && touch "$1"/var/lib/systemd/linger/ops',
            'chroot "$1" systemctl enable ssh.service nginx.service',
            'chroot "$1" systemctl mask systemd-networkd-wait-online.service apt-daily.timer '
            "apt-daily-upgrade.timer dpkg-db-backup.timer systemd-firstboot.service",
        ),
    ),
    "loki": Recipe(packages=("nodejs",), changes=("EXPOSE 3100",)),
    "prometheus": Recipe(
        packages=("prometheus", "prometheus-alertmanager"),
        changes=("VOLUME /prometheus", "EXPOSE 9090"),
    ),
    "registry": Recipe(packages=("docker-registry",), changes=("EXPOSE 5000",)),
    "terminusdb": Recipe(
        packages=("nodejs",),
        changes=(
            "ENV TERMINUSDB_SERVER_PORT=6363",
            *("VOLUME /app/terminusdb/storage", "WORKDIR /app/terminusdb", "EXPOSE 6363"),
        ),
    ),
}


def tag_of(name: str) -> str:
    """`interlock-test/NAME:HASH`."""
    recipe = RECIPES[name]
    content: list[object] = [SUITE, asdict(recipe), _entrypoint(name).read_text()]
    if isinstance(recipe, JavaRecipe | NodeRecipe):
        content += [file.read_text() for file in sorted((_HERE / name).iterdir())]
    written = json.dumps(content, sort_keys=True)
    return f"interlock-test/{name}:{hashlib.sha256(written.encode()).hexdigest()[:12]}"


def image(name: str) -> str:
    """The tag of the image, which is there afterwards. The first time takes up to two minutes."""
    tag = tag_of(name)
    if not _is_there(tag):
        with _alone(name):
            if not _is_there(tag):
                _make(name, tag)
    return tag


def _is_there(tag: str) -> bool:
    argv = ["docker", "image", "inspect", tag]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Nobody else on this machine makes that image meanwhile."""
    with (Path(tempfile.gettempdir()) / f"interlock-image-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(name: str, tag: str) -> None:
    recipe = RECIPES[name]
    with tempfile.TemporaryDirectory(prefix="interlock-image-") as folder:
        tree = Path(folder) / "tree.tar"
        with _sources() as sources:
            hooks = _hooks(name, recipe, Path(folder))
            subprocess.run(_bootstrap(name, recipe, (tree, sources), hooks), check=True)
        changes = (f"ENV PATH={recipe.path}", *recipe.changes, 'ENTRYPOINT ["/entrypoint.sh"]')
        options = [word for change in changes for word in ("--change", change)]
        subprocess.run(["docker", "import", *options, str(tree), tag], check=True)


def _hooks(name: str, recipe: Recipe, folder: Path) -> list[str]:
    """What is put into the image after its packages; made in `folder`."""
    if isinstance(recipe, NodeRecipe):
        brought = folder / Path(recipe.home).name
        install(_HERE / name, brought)
        above = Path(recipe.home).parent
        return [f'mkdir -p "$1"{above}', f"copy-in {brought} {above}"]
    if not isinstance(recipe, HookedRecipe):
        return []
    first: tuple[str, ...] = ()
    if isinstance(recipe, JavaRecipe):
        jars = folder / "lib"
        fetch(_HERE / name, jars)
        first = (f'mkdir -p "$1"{recipe.home}', f"copy-in {jars} {recipe.home}")
    return [*first, *(hook.replace("{here}", str(_HERE / name)) for hook in recipe.hooks)]


def _bootstrap(
    name: str, recipe: Recipe, places: tuple[Path, Path], hooks: Sequence[str]
) -> list[str]:
    """`places` are the tree to write and the sources to read."""
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
        '--essential-hook=mkdir -p "$1"/usr/share/man/man1',
        *(f"--customize-hook={hook}" for hook in hooks),
        SUITE,
        *(str(place) for place in places),
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
    [found] = (_HERE / name).glob("entrypoint.*")
    return found


if __name__ == "__main__":
    for wanted in sys.argv[1:] or RECIPES:
        sys.stdout.write(f"{image(wanted)}\n")
        sys.stdout.flush()

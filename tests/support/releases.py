"""What brings versions to the test systems: images, code, migrations and scripts of their own."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.docker import SHIPPED, Project
from tests.support.renewing import Site
from tests.support.versions import Versions

_POSTGRES = {
    "neurocore": ("postgres", "neurosurgery_admin", "neurosurgery_kb"),
    "analytics-engine": ("timescaledb", "multiservice_user", "multiservice_db"),
    "arc": ("postgres", "arc", "arc_db"),
}
ROLLED: Mapping[str, tuple[str, str]] = {
    "relica": ("nous", "viewfinder"),
    "neurocore": ("frontend", "flower"),
    "analytics-engine": ("connector_service", "demo_config_ui"),
    "arc": ("unleash", "raymond"),
    "spice-harvester": ("funnel", "bff"),
}
"""Services that nothing else of their system needs much, by system."""
FRONTS: Mapping[str, str] = {
    "relica": "viewfinder",
    "neurocore": "frontend",
    "analytics-engine": "api_gateway",
    "arc": "traefik",
    "spice-harvester": "bff",
}
"""The service in front, by system."""

_PENDING = "SELECT name FROM trial_wanted EXCEPT SELECT name FROM trial_done ORDER BY 1"
_MIGRATE = f"INSERT INTO trial_done {_PENDING} RETURNING name"
_TABLES = "CREATE TABLE IF NOT EXISTS trial_wanted (name text PRIMARY KEY); \
CREATE TABLE IF NOT EXISTS trial_done (name text PRIMARY KEY)"
_PSQL = 'PGPASSWORD=$POSTGRES_PASSWORD exec psql -XqAt -h "$1" -U "$2" -d "$3" -c "$4"'
_SCRIPTS = {
    "scripts/run_migrations.py": """
import pathlib
done = pathlib.Path("applied.txt")
had = done.read_text().split() if done.exists() else []
new = [p.name for p in sorted(pathlib.Path("migrations").iterdir()) if p.name not in had]
done.write_text("\\n".join([*had, *new]))
print("migrated", *new)
""",
    "scripts/pending_migrations.py": """
import pathlib
done = pathlib.Path("applied.txt")
had = done.read_text().split() if done.exists() else []
for path in sorted(pathlib.Path("migrations").iterdir()):
    if path.name not in had:
        print(path.name)
""",
    "scripts/post_update_checks.py": "print('all checks are well')\n",
    "scripts/check_config.py": "print('the configuration is well')\n",
    "scripts/export_schema.py": """
import pathlib, sys
_, _, database, _, output = sys.argv
pathlib.Path(output).write_text(f"schema of {database}")
for number in range(1500):
    print(f"table {number:04} of {database} is exported")
""",
    "scripts/deploy/deploy.sh": "#!/bin/sh\necho deploying $2 to $1; echo $2 > deployed.txt\n",
    "scripts/deploy/rollback.sh": "#!/bin/sh\necho back on $1; echo former > deployed.txt\n",
    "scripts/deploy/health-check.sh": "#!/bin/sh\necho all is well\n",
    "scripts/ask.sh": '#!/bin/sh\nread answer\necho "went on with $answer"\n',
    "Makefile": "health-all:\n\t@echo all is well\nmigrate-kratos:\n\t@echo kratos > made.txt\n",
}


def renewed_by(name: str, site: Site, tls: Mapping[str, Any]) -> dict[str, Any]:
    """The `tls` of the system with a site beside, which its front serves."""
    more = site.described({"kind": "restart", "services": [FRONTS[name]]})
    return {**tls, **more, "endpoints": {**tls["endpoints"], **more["endpoints"]}}


def releasing(name: str, folder: Path, versions: Versions, site: Site) -> dict[str, Any]:
    """Changes of the shipped stack file: the way `trial` with two services and, where there is a
    PostgreSQL, a backup and a migration; `update` in the stack's own order. Lays
    scripts into `folder`, which becomes a git repository."""
    shipped = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text())
    _lay_out(folder)
    deploy = shipped.get("deploy", {})
    trial = [{"kind": "roll", "services": list(ROLLED[name])}]
    if name == "relica":
        trial = [{"kind": "backup", "set": "quick"}, *trial]
    if name in _POSTGRES:
        trial = [{"kind": "backup", "set": "database"}, migration(name), *trial]
    ways = {**deploy.get("ways", {}), "trial": trial, **_update(name, deploy)}
    changes: dict[str, Any] = {
        "scripts": {**_scripts(shipped), "renew-site": site.script},
        "deploy": {**deploy, "ways": ways},
    }
    if name == "relica":
        changes["backup"] = _with_a_quick_set(shipped["backup"])
    if name == "spice-harvester":
        changes["maintenance"] = {"switch": {"kind": "file", "path": "maintenance.json"}}
    else:
        value = f"{versions.repository}:{{version}}"
        changes["deploy"]["variable"] = {"name": "APP_IMAGE", "value": value}
    return changes


def _with_a_quick_set(backup: Mapping[str, Any]) -> dict[str, Any]:
    """Relica's own rules without hours of their own; its Neo4j has to stop to be backed up, which
    takes a while."""
    sets = {**backup["sets"], "quick": ["postgres", "redis"]}
    return {"repository": "backups", "sets": sets, "retention": backup["retention"]}


def migration(name: str) -> dict[str, Any]:
    """Brings what stands in `trial_wanted` into `trial_done`, in a container of its own."""
    service, user, database = _POSTGRES[name]
    psql = ["sh", "-c", _PSQL, "sh", service, user, database]
    return {
        "kind": "one_off",
        "service": service,
        "argv": [*psql, _MIGRATE],
        "migration": True,
        "pending": [*psql, _PENDING],
    }


@dataclass(frozen=True)
class Migrations:
    """What is to be migrated in a system's database, and what was."""

    name: str
    project: Project

    def want(self, *names: str) -> None:
        values = ", ".join(f"('{name}')" for name in names)
        self._said(f"{_TABLES}; INSERT INTO trial_wanted VALUES {values} ON CONFLICT DO NOTHING")

    def done(self) -> list[str]:
        return self._said("SELECT name FROM trial_done ORDER BY 1").split()

    def forget(self) -> None:
        self._said("DROP TABLE IF EXISTS trial_wanted; DROP TABLE IF EXISTS trial_done")

    def _said(self, sql: str) -> str:
        service, user, database = _POSTGRES[self.name]
        words = ("sh", "-c", _PSQL, "sh", service, user, database, sql)
        return self.project.in_container(service, *words)


@dataclass(frozen=True)
class Code:
    """The git repository of a system, and the one that it gets its code from."""

    folder: Path

    @property
    def remote(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-upstream")

    def now(self) -> str:
        return git(self.folder, "rev-parse", "HEAD").strip()

    def bring(self, number: int, *refs: str) -> str:
        """A new commit of the remote's branch `production`, with these tags; its id."""
        (self.remote / "VERSION").write_text(f"{number}\n")
        (self.remote / "migrations").mkdir(exist_ok=True)
        (self.remote / "migrations" / f"{number:03}.sql").write_text("-- nothing\n")
        git(self.remote, "add", "--all")
        git(self.remote, "commit", "--quiet", "--message", f"Version {number}")
        for ref in refs:
            git(self.remote, "tag", ref)
        return git(self.remote, "rev-parse", "HEAD").strip()


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Tests", "-c", "user.email=tests@example.com")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _lay_out(folder: Path) -> None:
    """The scripts as version 1 of the code, and `venv/bin/pip` beside it."""
    code = Code(folder)
    code.remote.mkdir()
    git(code.remote, "init", "--quiet", "--initial-branch", "production")
    for name, text in _SCRIPTS.items():
        path = code.remote / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
        path.chmod(0o755)
    code.bring(1)
    git(folder, "init", "--quiet", "--initial-branch", "production")
    git(folder, "remote", "add", "origin", str(code.remote))
    git(folder, "fetch", "--quiet", "origin", "production")
    git(folder, "checkout", "--quiet", "-B", "production", "FETCH_HEAD")
    pip = folder / "venv" / "bin" / "pip"
    pip.parent.mkdir(parents=True)
    pip.write_text("#!/bin/sh\necho installed $*\n")
    pip.chmod(0o755)
    (folder / "requirements.txt").write_text("")


def _scripts(shipped: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the stack, with this very Python, and some of ours."""
    own = {
        name: {**script, "argv": [sys.executable if w == "python" else w for w in script["argv"]]}
        for name, script in shipped.get("scripts", {}).items()
    }
    ask = {"argv": ["./scripts/ask.sh"], "directory": ".", "risk": "CHANGE", "within": "1m"}
    inside = {
        "argv": ["sh", "-c", 'echo "inside $NAME says $1"; exit "$2"', "sh", "{word}", "{code}"],
        "service": ROLLED[shipped["name"]][1],
        "arguments": {"word": {"pattern": "[a-z $();]+"}, "code": {"kind": "number"}},
        "risk": "READ",
    }
    pending = {
        "argv": [sys.executable, "scripts/pending_migrations.py"],
        "directory": ".",
        "risk": "READ",
    }
    return {**own, "ask": ask, "inside": inside, "pending-migrations": pending}


def _update(name: str, deploy: Mapping[str, Any]) -> dict[str, Any]:
    """The stack's own order, without what would need a registry, and with small sets."""
    steps = [dict(step) for step in deploy.get("ways", {}).get("update", [])]
    light: list[dict[str, Any]] = []
    for step in steps:
        match step["kind"]:
            case "pull":
                continue
            case "backup" if name != "spice-harvester":
                light.append({**step, "set": "database"})
            case "down" | "up" | "health":
                light.append({**step, "services": ["api_gateway", *ROLLED[name]]})
            case "one_off":
                light.append({**migration(name), "running": True})
            case "script" if step["script"] == "migrations":
                light.append({**step, "pending": "pending-migrations"})
            case _:
                light.append(step)
    return {"update": light} if light else {}

"""Jars from Maven's own repositories, taken only when each is the very file of our lock."""

import hashlib
import os
import subprocess
from pathlib import Path

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def fetch(recipe: Path, folder: Path) -> None:
    """Fills `folder` with what `recipe`/pom.xml needs to run.

    Raises SystemExit unless names and SHA-256 are those of `recipe`/jars.lock.
    """
    argv = ["mvn", "--batch-mode", "--quiet", f"--file={recipe / 'pom.xml'}", _COPY]
    options = ["-DincludeScope=runtime", "-DincludeTypes=jar", f"-DoutputDirectory={folder}"]
    subprocess.run(
        [*argv, *options, "-Dstyle.color=never"], check=True, cwd=folder.parent, env=os.environ
    )
    wanted = dict(
        reversed(line.split("  ", 1)) for line in (recipe / "jars.lock").read_text().splitlines()
    )
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    wrong = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )
    if wrong:
        raise SystemExit(f"Not as {recipe / 'jars.lock'} has them: {', '.join(wrong)}.")

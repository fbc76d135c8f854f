"""Programs from npm's own registry, taken only when each package is the very one of our lock."""

import os
import shutil
import subprocess
from pathlib import Path


def install(recipe: Path, folder: Path) -> None:
    """Fills `folder` with the packages of `recipe`/package-lock.json, whose hashes npm compares.

    None of their own scripts is run.
    """
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(recipe / name, folder)
    argv = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--omit=optional", "--no-audit"]
    subprocess.run([*argv, "--no-fund", "--loglevel=error"], check=True, cwd=folder, env=os.environ)

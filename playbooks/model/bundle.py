"""A bundle of diagnostics: what is in it, and how long it is kept."""

from datetime import datetime
from pathlib import Path

from playbooks.model.base import Model


class BundlePart(Model):
    """One file of the bundle, or with `missing` why it is not there."""

    name: str
    bytes: int = 0
    sha256: str = ""
    missing: str = ""


class BundleManifest(Model):
    """What `manifest.json` says. `environment` is the stack's."""

    stack: str
    environment: str
    made_at: datetime
    made_by: str
    interlock: str
    redacted: str = (
        "Secrets that Interlock knows, values of secret variables of containers, and what looks "
        "like a password, token or key are replaced by four dots."
    )
    parts: tuple[BundlePart, ...] = ()


class Bundle(Model):
    """A bundle on the bot's disk, alone in a folder that is removed with it."""

    path: Path
    bytes: int
    sha256: str
    manifest: BundleManifest

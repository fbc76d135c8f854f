"""What retention says about the backups of a stack, wherever they are."""

from collections.abc import Mapping
from datetime import datetime

from playbooks.folders.kept import copies
from playbooks.model.stack import FilesStore, Stack
from playbooks.repository.catalogue import Listing
from playbooks.repository.of_stack import rules_of
from playbooks.repository.retention import Ruling, rule


def rulings_on(
    stack: Stack, listing: Listing, now: datetime, protected: Mapping[str, str]
) -> tuple[Ruling, ...]:
    """A ruling on every backup of one repository, newest first. `protected` as in `rule`."""
    return rule(
        listing.backups,
        rules_of(stack).retention,
        now=now,
        protected={**kept_by_folders(stack), **protected},
    )


def kept_by_folders(stack: Stack) -> dict[str, str]:
    """The safety backups that came with folders still kept, by run, and why they stay."""
    return {
        copy.run: f"made with the kept copy of {name}, {copy.path}"
        for name, store in stack.datastores.items()
        for copy in (copies(store.path) if isinstance(store, FilesStore) else ())
    }

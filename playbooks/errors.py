"""Every error Interlock raises on purpose.

InterlockError
├── InputError              somebody gave us something we cannot use; nothing was changed
│   ├── StackFileError      a YAML file, with its line
│   ├── UnknownName         a stack, service, datastore, backup … that is not there
│   └── BadArgument         a value of the wrong kind
├── Refused                 the gate said no; the message is for the person who asked
├── FactUnavailable         something could not be read
├── ActionFailed            a step failed and we know that it failed
│   ├── HostError           the host, process or container did not do what was asked
│   ├── DatastoreError      the database or folder did not do what was asked
│   └── NoSpace             a disk is full, or would be
├── OutcomeUnknown          a step may or may not have happened; never guessed, always probed
├── StopRequested           somebody cancelled the run; raised at the next safe place
├── RepositoryError         the place where backups rest
│   ├── BrokenBackup        an artifact is missing, cut or changed
│   ├── NewerFormat         written by a newer Interlock
│   └── WrongKey            the age identity does not fit, or there is none
└── SecretUnavailable       a reference that resolves to nothing
"""


class InterlockError(Exception):
    """The root. `message` names the value; `hint` names the next act, and may be empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(InterlockError):
    """Somebody gave us something we cannot use; nothing was changed."""


class StackFileError(InputError):
    """A YAML file does not describe what it should. The message opens with `file:line:`."""


class UnknownName(InputError):
    """A name that nothing answers to."""


class BadArgument(InputError):
    """A value of the wrong kind."""


class Refused(InterlockError):
    """The gate said no."""


class FactUnavailable(InterlockError):
    """Something could not be read."""


class ActionFailed(InterlockError):
    """A step failed, and it is known that it failed."""


class HostError(ActionFailed):
    """The host, process or container did not do what was asked."""


class DatastoreError(ActionFailed):
    """The database or folder did not do what was asked."""


class NoSpace(ActionFailed):
    """A disk is full, or would be."""


class OutcomeUnknown(InterlockError):
    """A step may or may not have happened."""


class StopRequested(InterlockError):
    """The run was cancelled; raised by long steps at the next safe place."""


class RepositoryError(InterlockError):
    """The place where backups rest does not give what was asked."""


class BrokenBackup(RepositoryError):
    """An artifact is missing, cut or changed."""


class NewerFormat(RepositoryError):
    """Written by a newer Interlock."""


class WrongKey(RepositoryError):
    """The age identity does not fit, or there is none."""


class SecretUnavailable(InterlockError):
    """A secret reference that resolves to nothing."""

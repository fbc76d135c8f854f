"""What is done when data may have leaked, each step asked for by itself: isolate, preserve, contain
(with `rotate`, and by ending sessions), eradicate, recover (with `restore` and `recover`), review.
"""

from typing import Any

from playbooks.operations.breach_clean import BREACH_ERADICATE, BREACH_REVOKE
from playbooks.operations.breach_evidence import BREACH_PRESERVE, BREACH_REVIEW
from playbooks.operations.breach_network import BREACH_ISOLATE, BREACH_RECONNECT
from playbooks.playbook import Playbook

PLAYBOOKS: tuple[Playbook[Any], ...] = (
    BREACH_ISOLATE,
    BREACH_RECONNECT,
    BREACH_PRESERVE,
    BREACH_REVOKE,
    BREACH_ERADICATE,
    BREACH_REVIEW,
)

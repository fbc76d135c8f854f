"""Who may do what, by role, stack and environment. What is not allowed is refused."""

from playbooks.gate.policy import Policy
from playbooks.model.people import Permission, Person


def may(
    policy: Policy, person: Person | None, permission: Permission, stack: str, environment: str
) -> bool:
    """Whether one of the person's roles allows it there. Nobody, and unknown roles: no."""
    if person is None:
        return False
    return any(
        permission in role.may and role.covers(stack, environment)
        for name, role in policy.roles.items()
        if name in person.roles
    )


def roles_allowing(
    policy: Policy, permission: Permission, stack: str, environment: str
) -> tuple[str, ...]:
    """Names of the roles that would allow it, for the message of a refusal."""
    return tuple(
        name
        for name, role in policy.roles.items()
        if permission in role.may and role.covers(stack, environment)
    )

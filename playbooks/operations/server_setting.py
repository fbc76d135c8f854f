"""Change a setting of a PostgreSQL server, with the reload or the restart that it needs."""

from collections.abc import Sequence

from playbooks.datastores.postgres_stores import described_store, is_postgres
from playbooks.datastores.upkeep_model import SettingFact
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.downtime import Downtime, downtime, downtime_queries
from playbooks.playbook import Playbook

_RESTART, _NEVER = "postmaster", "internal"
_NEW_SESSIONS = frozenset({"backend", "superuser-backend"})
# They run commands, hold secrets, or say where the server is found: that is for the host.
_LEFT_ALONE = frozenset(
    {
        *("config_file", "data_directory", "external_pid_file", "hba_file", "ident_file"),
        *("listen_addresses", "port", "unix_socket_directories", "unix_socket_group"),
        *("primary_conninfo", "ssl_ca_file", "ssl_cert_file", "ssl_crl_file", "ssl_key_file"),
        *("dynamic_library_path", "log_directory", "log_filename", "krb_server_keyfile"),
        *("allow_alter_system", "unix_socket_permissions", "ssl_crl_dir", "ssl_dh_params_file"),
    }
)
_COMMAND = "_command"
_LIBRARIES = "_libraries"


class SettingParams(Model):
    """`value` None takes back what ALTER SYSTEM was told before."""

    datastore: str
    name: str
    value: str | None


def needs(stack: Stack, params: SettingParams) -> Sequence[FactQuery]:
    if not is_postgres(stack, params.datastore):
        described_store(stack, params.datastore)
    return (_query(params), *downtime_queries(stack, params.datastore))


def plan(stack: Stack, params: SettingParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for what cannot be changed like this."""
    fact = SettingFact.model_validate(facts.of(_query(params)))
    _check(fact, params)
    same = fact.former == params.value
    restarts = fact.context == _RESTART
    down = _down(stack, params, facts) if restarts and not same else None
    setting, seen = _set_step(params, fact, restarts=restarts), _seen_step(params, fact)
    stages = ((setting,), *(_around(down) if down else ()), (seen,))
    return Plan(
        operation="setting",
        stack=stack.name,
        environment=stack.environment,
        summary=f"SETTING {stack.environment}/{stack.name} {params.datastore} "
        f"{fact.name} = {_said(params.value)}",
        risk=Risk.CHANGE,
        params={**params.model_dump(), "name": fact.name},
        stages=() if same else stages,
        owed=down.owed_since(1) if down else (),
        resources=(
            Resource(kind="stack", name=stack.name, exclusive=down is not None),
            Resource(kind="datastore", name=f"{stack.name}/{params.datastore}", exclusive=True),
        ),
        affects=_affects(fact, down),
        notes=_notes(fact, same=same) + (down.notes if down else ()),
        binding={
            "former": fact.former,
            "value": fact.value,
            "context": fact.context,
            **(down.binding if down else {}),
        },
        shown=(
            Line(label="Now", value=f"{fact.value} ({fact.source})"),
            Line(label="Then", value=_said(params.value)),
            Line(label="Counts", value=_when(fact)),
        ),
        undo_hint=""
        if same
        else f"/ops setting {stack.name} {params.datastore} {fact.name} {_typed(fact.former)}",
    )


def _check(fact: SettingFact, params: SettingParams) -> None:
    if fact.context == _NEVER:
        raise BadArgument(f"{fact.name} is built into the server and cannot be changed.")
    if fact.name in _LEFT_ALONE or fact.name.endswith(_COMMAND):
        raise BadArgument(
            f"{fact.name} says what the server runs or where it is found, and is not changed here.",
            "Change it on its host.",
        )
    if fact.source == "command line":
        raise BadArgument(
            f"{fact.name} is given on the server's command line, which counts more.",
            "Change it in the compose file.",
        )
    value = params.value
    if value is None:
        return
    if "\n" in value or "\0" in value:
        raise BadArgument(f"The value of {fact.name} has to be one line.")
    if fact.name.endswith(_LIBRARIES) and "/" in value:
        raise BadArgument(f"{fact.name} takes names of libraries here, no paths.")
    if fact.choices and value.lower() not in fact.choices:
        raise BadArgument(
            f"{fact.name} cannot be {value!r}.", f"It may be: {', '.join(fact.choices)}."
        )


def _down(stack: Stack, params: SettingParams, facts: Facts) -> Downtime:
    own = stack.datastore(params.datastore).service
    if own is None:
        raise BadArgument(
            f"{params.name} counts after a restart, and {params.datastore} has no service here.",
            f"Give datastores.{params.datastore} its `service` in the stack file.",
        )
    return downtime(
        stack,
        facts,
        must=(own,),
        may=stack.users_of(params.datastore),
        meanwhile="while the server restarts, some seconds",
        bears="the restart",
    )


def _around(down: Downtime) -> tuple[tuple[Step, ...], ...]:
    return (*down.stops, *down.starts)


def _set_step(params: SettingParams, fact: SettingFact, *, restarts: bool) -> Step:
    args = _args(params, fact, restarts=restarts)
    return Step(
        key="set",
        name=f"Set {fact.name} to {_said(params.value)}",
        action="upkeep.set",
        args=args,
        undo=ActionCall(action="upkeep.put_back", args={**args, "value": fact.former}),
        idempotent=True,
    )


def _seen_step(params: SettingParams, fact: SettingFact) -> Step:
    return Step(
        key="in-force",
        name=f"See that {fact.name} is in force",
        action="upkeep.in_force",
        args=_args(params, fact, restarts=fact.context == _RESTART),
        idempotent=True,
    )


def _args(params: SettingParams, fact: SettingFact, *, restarts: bool) -> JsonObject:
    return {
        "datastore": params.datastore,
        "name": fact.name,
        "value": params.value,
        "restarts": restarts,
        "directory": fact.directory,
    }


def _affects(fact: SettingFact, down: Downtime | None) -> tuple[str, ...]:
    if down is not None:
        return down.affects
    return () if fact.context == _RESTART else ("Nobody is interrupted.",)


def _notes(fact: SettingFact, *, same: bool) -> tuple[str, ...]:
    if same:
        return (f"Nothing to do: ALTER SYSTEM says {_said(fact.former)} already.",)
    if fact.context in _NEW_SESSIONS:
        return ("It counts for sessions that begin from now on.",)
    return ()


def _when(fact: SettingFact) -> str:
    if fact.context == _RESTART:
        return "after a restart of the server"
    return "for new sessions" if fact.context in _NEW_SESSIONS else "at once"


def _said(value: str | None) -> str:
    return "its default" if value is None else value


def _typed(value: str | None) -> str:
    if value is None:
        return "default"
    return value if value.isalnum() else f"'{value}'"


def _query(params: SettingParams) -> FactQuery:
    args = {"datastore": params.datastore, "name": params.name}
    return FactQuery(fact="upkeep.setting", args=args)


SETTING = Playbook(operation="setting", params=SettingParams, needs=needs, plan=plan)

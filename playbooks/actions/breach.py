"""What is done about services that may have been broken into."""

from pathlib import Path
from typing import Any

from playbooks.byhand import breach as by_hand
from playbooks.errors import ActionFailed, HostError
from playbooks.hosts import evidence
from playbooks.hosts.colours.following import follow_traffic
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.postgres.connection import connected, postgres_store
from playbooks.hosts.postgres.sessions import end_clients
from playbooks.model.base import JsonObject, Model, canonical_json
from playbooks.model.breach import Attacked, Custody, EvidenceFile, Gathered, Joined
from playbooks.model.compose import Compose
from playbooks.ports import Work
from playbooks.registry import Action

LIST = "evidence.json"


class IsolateArgs(Model):
    """A service; all its containers, whichever they are by then."""

    service: str


class RejoinArgs(Model):
    """A service, and by the id of its containers the networks that they were on."""

    service: str
    networks: dict[str, tuple[Joined, ...]]


class GatherArgs(Model):
    """A service, and for which incident; with `volumes` also what is mounted."""

    service: str
    incident: str
    volumes: bool = False


class SealArgs(Model):
    """What was gathered, by service."""

    incident: str
    gathered: dict[str, JsonObject]


class CleanArgs(Model):
    """The containers that were there, and the images that they were made from."""

    service: str
    containers: tuple[str, ...]
    images: tuple[str, ...]


class RevokeArgs(Model):
    """A PostgreSQL datastore."""

    datastore: str


class CompareArgs(Model):
    """A folder of evidence and the checksum of its list, as the audit has it."""

    folder: Path
    sha256: str


def isolate(work: Work, args: IsolateArgs) -> JsonObject:
    """Output {containers: [name]}. They run on, and reach nobody. Raises HostError."""
    compose, name = _composed(work, args.service)
    found = evidence.attacked(compose, name)
    for container in found:
        evidence.leave(compose, container)
    left = [each.name for each in evidence.attacked(compose, name) if each.networks]
    if left:
        raise ActionFailed(f"{', '.join(left)} is still on a network.", "Look at it on the host.")
    return {"containers": [each.name for each in found]}


def rejoin(work: Work, args: RejoinArgs) -> JsonObject:
    """Output {containers: [name]}. Containers that are not there any more are left out: those made
    after them have their networks. Raises HostError."""
    compose, name = _composed(work, args.service)
    there = {each.id: each for each in evidence.attacked(compose, name)}
    back = [there[id_] for id_ in args.networks if id_ in there]
    for container in back:
        evidence.join(compose, container, args.networks[container.id])
    follow_traffic(work, args.service)
    return {"containers": [each.name for each in back]}


def gather(work: Work, args: GatherArgs) -> JsonObject:
    """Output {gathered: [`Gathered`]}. Raises HostError."""
    compose, name = _composed(work, args.service)
    folder = _folder(work, args.incident)
    found = evidence.attacked(compose, name)
    if not found:
        raise ActionFailed(f"{args.service} has no container, so nothing of it can be kept.")
    kept = [_gathered(work, compose, args, each, folder) for each in found]
    return {"gathered": [each.model_dump(mode="json") for each in kept]}


def seal(work: Work, args: SealArgs) -> JsonObject:
    """Output {custody: `Custody`, told: [sentence]}: the list of all files with their checksums is
    written, and nobody may write into the folder any more."""
    folder = _folder(work, args.incident)
    kept = [
        Gathered.model_validate(each)
        for output in args.gathered.values()
        for each in output["gathered"]
    ]
    files = [file for each in kept for file in _placed(each)]
    listed = {
        "incident": args.incident,
        "stack": work.stack.name,
        "run": work.run,
        "gathered_for": work.requester,
        "began": work.started.isoformat(),
        "containers": [each.model_dump(mode="json", exclude={"files"}) for each in kept],
        "files": [each.model_dump(mode="json") for each in files],
    }
    seal_ = evidence.sealed(folder, canonical_json(listed).encode(), LIST)
    custody = Custody(
        incident=args.incident,
        folder=str(folder),
        files=len(files),
        bytes=sum(each.bytes for each in files),
        sha256=seal_.sha256,
    )
    told = f"{len(files)} files are in {folder}; the SHA-256 of their list is {seal_.sha256}."
    return {"custody": custody.told(), "told": [told]}


def compare(work: Work, args: CompareArgs) -> JsonObject:
    """Output {files, told}. Raises ActionFailed when anything is not as it was."""
    found = evidence.checksum(args.folder / LIST)
    if found != args.sha256:
        raise ActionFailed(
            f"{args.folder / LIST} is {'gone' if found is None else 'not what it was'}: the audit "
            f"has the checksum {args.sha256}.",
            "Somebody reached the evidence. Say so in the incident.",
        )
    files = _listed(args.folder)

    def step(count: int) -> None:
        work.check_stop()
        work.progress(count)

    wrong = evidence.wrong_with(args.folder, files, step)
    if wrong:
        raise ActionFailed(f"Not as they were: {', '.join(wrong)} of {args.folder}.")
    told = f"All {len(files)} files of {args.folder} are as they were gathered."
    return {"files": len(files), "told": [told]}


def clean(work: Work, args: CleanArgs) -> JsonObject:
    """Output {containers: [name]}. Raises ActionFailed unless all containers are new ones, made
    from the known images."""
    compose, name = _composed(work, args.service)
    found = evidence.attacked(compose, name)
    old = [each.name for each in found if each.id in args.containers]
    other = [each.name for each in found if each.image not in args.images]
    if old or not found:
        raise ActionFailed(f"{', '.join(old) or args.service} was not made anew.")
    if other:
        raise ActionFailed(f"{', '.join(other)} was made from another image than before.")
    return {"containers": [each.name for each in found]}


def revoke(work: Work, args: RevokeArgs) -> JsonObject:
    """Output {ended, told}. Every session that clients of the server have now ends."""
    store = postgres_store(work.stack, args.datastore)
    with connected(store, work.secrets, work.tag) as connection:
        count = end_clients(connection)
    return {"ended": count, "told": [f"{count} sessions of {args.datastore} were ended."]}


def _gathered(
    work: Work, compose: Compose, args: GatherArgs, container: Attacked, folder: Path
) -> Gathered:
    def step(count: int) -> None:
        work.check_stop()
        work.progress(count)

    keeping = evidence.Keeping(
        service=args.service,
        container=container,
        folder=folder / container.name,
        repository=f"interlock-evidence/{work.stack.name}/{args.service}",
        tag=f"{work.run}-{container.id[:12]}",
        volumes=args.volumes,
    )
    return evidence.gather(compose, keeping, step)


def _placed(kept: Gathered) -> list[EvidenceFile]:
    return [
        each.model_copy(update={"path": f"{kept.container}/{each.path}"}) for each in kept.files
    ]


def _folder(work: Work, incident: str) -> Path:
    return work.stack.breach.evidence / incident / work.run


def _listed(folder: Path) -> list[EvidenceFile]:
    listed = evidence.read_list(folder / LIST)
    return [EvidenceFile.model_validate(each) for each in listed["files"]]


def _composed(work: Work, service: str) -> tuple[Compose, str]:
    compose, name = compose_now(work.stack, service), work.stack.container_of(service)
    if compose is None or name is None:
        raise HostError(f"{service} of {work.stack.name} runs in no container of a project.")
    return compose, name


ACTIONS: tuple[Action[Any], ...] = (
    Action("breach.isolate", IsolateArgs, isolate, by_hand.isolate),
    Action("breach.rejoin", RejoinArgs, rejoin, by_hand.rejoin),
    Action("breach.gather", GatherArgs, gather, by_hand.gather),
    Action("breach.seal", SealArgs, seal, by_hand.seal),
    Action("breach.compare", CompareArgs, compare, by_hand.compare),
    Action("breach.clean", CleanArgs, clean, by_hand.clean),
    Action("breach.revoke", RevokeArgs, revoke, by_hand.revoke),
)

"""What operating the five systems takes, and which of them needs it."""

from dataclasses import dataclass

SYSTEMS = {
    "R": "Relica",
    "N": "Neurocore",
    "S": "SPICE HARVESTER",
    "A": "Analytics Engine",
    "C": "A.R.C.",
}
ROOMS = {"S": "See", "D": "Do", "B": "Protect", "R": "Respond", "G": "Govern"}
_ALL = "RNSAC"


@dataclass(frozen=True)
class Capability:
    """`systems` are the letters of those that need it."""

    id: str
    what: str
    systems: str = _ALL


CAPABILITIES = (
    Capability("S1", "Status of services in start-up layers"),
    Capability("S2", "Health probes, once and continuously"),
    Capability("S3", "Logs: the last, since, by pattern, error counts, following"),
    Capability("S4", "Resource use of services and host"),
    Capability("S5", "Disk: filesystems, volumes, images, backups"),
    Capability("S6a", "PostgreSQL insight", "RNAC"),
    Capability("S6b", "Redis insight", "RNAC"),
    Capability("S6c", "Neo4j insight", "R"),
    Capability("S6d", "TerminusDB insight", "S"),
    Capability("S7", "Connectivity between services", "CRAS"),
    Capability("S8", "Certificates and headers"),
    Capability("S9", "What a stack is"),
    Capability("S10", "Diagnostics bundle"),
    Capability("S11", "Metrics from Prometheus"),
    Capability("S12", "Configuration and exposure"),
    Capability("S13", "Updates waiting", "NSAC"),
    Capability("D1", "Start, stop, restart in order of dependency"),
    Capability("D2", "Hard stop; remove with volumes", "C"),
    Capability("D3", "Scale a service", "NAC"),
    Capability("D4", "Deploy a version", "NAC"),
    Capability("D5", "Update an application in place", "SNA"),
    Capability("D6", "Blue-green", "C"),
    Capability("D7", "Roll back to the version before"),
    Capability("D8", "Maintenance mode"),
    Capability("D9", "Migrations", "NACS"),
    Capability("D10", "Database upkeep", "RNAC"),
    Capability("D11", "Clean up", "NSAC"),
    Capability("D12", "Create and delete TerminusDB databases", "S"),
    Capability("D13", "Resource limits", "NAC"),
    Capability("D14", "Rotate passwords and secrets", "CAR"),
    Capability("D15", "Service recovery inside the objective"),
    Capability("D16", "The stack's own scripts", "SNCA"),
    Capability("D17", "A service's settings, for good or for a time", "SC"),
    Capability("D18", "Renew certificates", "RNC"),
    Capability("B1", "Back up every datastore"),
    Capability("B2", "Backup sets"),
    Capability("B3", "Schedules as the guides give them"),
    Capability("B4", "Retention, never the last good one"),
    Capability("B5", "Off-site copies, verified after upload", "RACS"),
    Capability("B6", "Compressed, encrypted, checksummed, with a manifest"),
    Capability("B7", "WAL archiving and restore to a point in time", "AC"),
    Capability("B8", "Restore beside, verified, swapped; what it replaces is kept"),
    Capability("B9", "Full recovery, on another host too"),
    Capability("B10", "Emergency ladder", "N"),
    Capability("B11", "Restore drills, scheduled and timed"),
    Capability("B12", "Objectives by scenario, live"),
    Capability("B13", "Proof every morning", "NAS"),
    Capability("R1", "Alerts in, and conditions of our own"),
    Capability("R2", "Alerts grouped, acknowledged, silenced"),
    Capability("R3", "Channels by severity", "NSA"),
    Capability("R4", "Incidents with roles and a timeline", "S"),
    Capability("R5", "Phase checklists with clocks", "S"),
    Capability("R6", "Post-mortem", "SN"),
    Capability("R7", "Data breach", "N"),
    Capability("R8", "Contacts, hours, escalation", "NS"),
    Capability("R9", "Routine checklists", "NSAC"),
    Capability("R10", "Security watch"),
    Capability("R11", "Alert rules", "NC"),
    Capability("G1", "Approvals by distinct people, bound to the plan shown"),
    Capability("G2", "Roles by stack and environment", "RSA"),
    Capability("G3", "Environments and change freezes", "SNAC"),
    Capability("G4", "Break-glass"),
    Capability("G5", "Audit"),
    Capability("G6", "Secrets by reference"),
    Capability("G7", "Rate limits", "NSC"),
)

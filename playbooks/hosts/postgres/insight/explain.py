"""How a PostgreSQL server would carry out a query; the query is not run."""

import re

from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.insight.session import Session
from playbooks.model.insight import Insight

_PARAMETER = re.compile(r"\$\d")
_GENERIC_SINCE = 160000


def explain(session: Session, name: str, query: str) -> Insight:
    """The plan of one query of the stack file. With `$1` in it the plan is the general one, which
    PostgreSQL 16 can make. Raises DatastoreError."""
    options = ["COSTS", "VERBOSE", "FORMAT TEXT"]
    if _PARAMETER.search(query):
        if ";" in query:
            raise DatastoreError(f"The query {name} has a semicolon.", "Leave it out.")
        if session.info.server_version < _GENERIC_SINCE:
            raise DatastoreError(
                f"The query {name} has parameters, which only PostgreSQL 16 and newer explain.",
                "Write a query without $1 in the stack file.",
            )
        options.append("GENERIC_PLAN")
    # In parentheses, so that a query that opens with ANALYZE is an error and is not run.
    statement = f"EXPLAIN ({', '.join(options)}) {query}".encode()
    # What is prepared can only be one statement; one with parameters cannot be prepared here.
    answer = session.execute(statement, prepare="GENERIC_PLAN" not in options)
    lines = [str(row[0]) for row in answer]
    cost = re.search(r"cost=[\d.]+\.\.([\d.]+) rows=(\d+)", lines[0] if lines else "")
    said = f": cost {float(cost[1]):,.0f}, about {int(cost[2]):,} rows" if cost else ""
    return Insight(
        headline=f"How {session.info.dbname} would carry out {name}{said}",
        text="\n".join(lines),
        notes=("Estimated from statistics; the query was not run.",),
    )

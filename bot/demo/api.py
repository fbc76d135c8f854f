"""The harbor's `api`: reads the database over HTTP, never writes.

`python -m bot.demo.api PORT`; the database comes from PGHOST, PGPORT, PGUSER and PGPASSWORD.
"""

import sys
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bot.demo.http import Answer, as_json, log, serve

DATABASE = "harbor"


def read(question: str) -> list[dict[str, Any]]:
    """The rows that answer the question, in a transaction that cannot write."""
    with psycopg.connect(
        dbname=DATABASE,
        connect_timeout=2,
        application_name="harbor-api",
        options="-c default_transaction_read_only=on -c statement_timeout=5000",
        row_factory=dict_row,
    ) as connection:
        return connection.execute(question.encode()).fetchall()


def answered(question: str, shape: str) -> Answer:
    """The rows under the key `shape`; a database that cannot answer is a 503."""
    try:
        return as_json(200, {shape: read(question)})
    except psycopg.Error as error:
        return _down(error)


def health() -> Answer:
    try:
        read("SELECT 1 AS one")
    except psycopg.Error as error:
        return _down(error)
    return as_json(200, {"status": "healthy"})


def count() -> Answer:
    try:
        return as_json(200, read("SELECT count(*) AS count FROM bookings")[0])
    except psycopg.Error as error:
        return _down(error)


def ships() -> Answer:
    return answered(
        "SELECT id, name, flag, length_m::float AS length_m, built FROM ships ORDER BY id", "ships"
    )


def berths() -> Answer:
    return answered(
        "SELECT quay, sum(bookings)::bigint AS bookings FROM berth_load GROUP BY 1 ORDER BY 1",
        "berths",
    )


def _down(error: psycopg.Error) -> Answer:
    why = str(error).partition("\n")[0]
    log(f"database: {why}")
    return as_json(503, {"status": "unhealthy", "error": why})


if __name__ == "__main__":
    serve(
        "api",
        int(sys.argv[1]),
        {"/health": health, "/bookings/count": count, "/ships": ships, "/berths": berths},
    )

"""What many alert managers do: a row for each alert, in the request. `FILE` is its database."""

import sqlite3
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def main(file: str, port: int) -> None:
    """Serves `POST /alerts` on loopback until it is ended."""
    database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE alerts (fingerprint TEXT PRIMARY KEY, status TEXT, starts TEXT, labels TEXT)"
    )
    one_at_a_time = threading.Lock()

    def insert(alerts: list[dict[str, object]]) -> None:
        with one_at_a_time:
            for each in alerts:
                row = (
                    str(each["fingerprint"]),
                    each["status"],
                    each["startsAt"],
                    str(each["labels"]),
                )
                database.execute("INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?)", row)

    async def take(request: Request) -> JSONResponse:
        await run_in_threadpool(insert, (await request.json())["alerts"])
        return JSONResponse({})

    routes = [Route("/alerts", take, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""Files that go to one person for a time: uploaded as a stream, and deleted when it is over."""

import asyncio
import shutil
from datetime import timedelta

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import audit
from bot.store import parcels as rows
from bot.store.database import Database
from bot.store.parcels import ParcelRow
from commands.ports import Clock, Parcel
from notifiers.failures import SLACK_ERRORS as UNREACHABLE
from notifiers.views.text import code, escape, utc

_log = structlog.get_logger(__name__)
_UPLOAD_SECONDS = 600.0
_SWEEP_SECONDS = 20.0
# What Slack says of a file that is not there any more.
_GONE = frozenset({"file_not_found", "file_deleted"})


class Parcels:
    """Uploads, remembers, deletes. When to delete a file is noted before it is uploaded, so that
    no kill leaves one in Slack that nobody deletes."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        database: Database,
        now: Clock,
    ) -> None:
        self._client = client
        self._session = session
        self._database = database
        self._now = now

    async def hand_over(self, user: str, parcel: Parcel) -> str:
        """Uploads the file into the person's direct messages; mrkdwn: where it is and how long.

        The file on disk is gone afterwards, whatever happens.
        """
        try:
            opened = await self._client.conversations_open(users=user)
            row = await self._uploaded(str(opened["channel"]["id"]), parcel)
        except SlackApiError as error:
            why = str(error.response.get("error"))
            _log.warning("slack.parcel_refused", name=parcel.path.name, why=why)
            return (
                f"{code(parcel.path.name)} could not be sent to you: Slack says {code(why)}. The "
                "app needs the scopes `im:write` and `files:write`."
            )
        except UNREACHABLE as error:
            _log.warning("slack.parcel_not_sent", name=parcel.path.name, why=str(error))
            what = f"{code(parcel.path.name)} could not be sent to you"
            return f"{what} ({escape(str(error))}). Ask again."
        finally:
            await asyncio.to_thread(shutil.rmtree, parcel.path.parent, ignore_errors=True)
        return (
            f"{code(row.name)} is in your direct messages with Interlock, for you alone, until "
            f"{utc(row.delete_at)}; then it is deleted."
        )

    async def sweep(self) -> None:
        """Deletes what is due, for ever."""
        while True:
            try:
                for row in await asyncio.to_thread(self._due):
                    await self._delete(row)
            except Exception:  # noqa: BLE001 - the boundary of this task
                _log.exception("parcels.sweep_failed")
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _uploaded(self, channel: str, parcel: Parcel) -> ParcelRow:
        name, size = parcel.path.name, parcel.path.stat().st_size
        asked = await self._client.files_getUploadURLExternal(filename=name, length=size)
        row = self._row(str(asked["file_id"]), parcel)
        await asyncio.to_thread(self._note, row, parcel)
        with parcel.path.open("rb") as file:
            limit = aiohttp.ClientTimeout(total=_UPLOAD_SECONDS)
            url = str(asked["upload_url"])
            async with self._session.post(url, data=file, timeout=limit) as answer:
                answer.raise_for_status()
        said = f"{escape(parcel.title)} · deleted at {utc(row.delete_at)}"
        await self._client.files_completeUploadExternal(
            files=[{"id": row.file, "title": parcel.title}],
            channel_id=channel,
            initial_comment=said,
        )
        return row

    def _row(self, file: str, parcel: Parcel) -> ParcelRow:
        now = self._now()
        return ParcelRow(
            file=file,
            stack=parcel.stack,
            name=parcel.path.name,
            person=parcel.person,
            made_at=now,
            delete_at=now + timedelta(seconds=parcel.keep_seconds),
        )

    def _note(self, row: ParcelRow, parcel: Parcel) -> None:
        with self._database.write() as connection:
            rows.note(connection, row)
            audit.append(
                connection,
                at=row.made_at,
                kind="file.sent",
                actor=row.person,
                stack=row.stack,
                subject=row.file,
                detail={
                    "name": row.name,
                    "sha256": parcel.sha256,
                    "until": row.delete_at.isoformat(),
                },
            )

    def _due(self) -> list[ParcelRow]:
        with self._database.read() as connection:
            return list(rows.due(connection, self._now()))

    async def _delete(self, row: ParcelRow) -> None:
        try:
            await self._client.files_delete(file=row.file)
        except SlackApiError as error:
            why = str(error.response.get("error"))
            if why not in _GONE:
                _log.error("parcels.not_deleted", file=row.file, why=why)
                await asyncio.to_thread(self._troubled, row, why)
                return
        except UNREACHABLE as error:
            _log.warning("parcels.later", file=row.file, why=str(error))
            return
        await asyncio.to_thread(self._deleted, row)

    def _troubled(self, row: ParcelRow, why: str) -> None:
        with self._database.write() as connection:
            rows.troubled(connection, row.file, why)

    def _deleted(self, row: ParcelRow) -> None:
        now = self._now()
        with self._database.write() as connection:
            rows.deleted(connection, row.file, now)
            audit.append(
                connection,
                at=now,
                kind="file.deleted",
                actor="interlock",
                stack=row.stack,
                subject=row.file,
                detail={"name": row.name},
            )

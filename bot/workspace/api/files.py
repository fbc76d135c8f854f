"""files.*: the upload in three steps, and what is known of a file."""

from typing import Any

from bot.workspace.api.call import Call
from bot.workspace.blocks.blocks import check_message_blocks
from bot.workspace.clock import new_id
from bot.workspace.errors import SlackError
from bot.workspace.filed import file_object
from bot.workspace.store.directory import Channel
from bot.workspace.store.files import StoredFile
from bot.workspace.types import Json

BYTES_MOST = 1 << 30


def get_upload_url(call: Call) -> Json:
    """files.getUploadURLExternal: `filename` and `length` in bytes."""
    filename = call.text("filename")
    length = call.text("length")
    if not length.isdigit() or not 0 < int(length) <= BYTES_MOST:
        raise SlackError("invalid_arguments", (f"length must be from 1 to {BYTES_MOST} bytes",))
    file_id = new_id("F")
    body = file_object(call.workspace, file_id, filename, int(length))
    body["alt_txt"] = call.optional("alt_txt") or ""
    call.workspace.files.add(StoredFile(file_id, "asked", int(length), body))
    return {"upload_url": f"{call.workspace.url}/upload/v1/{file_id}", "file_id": file_id}


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal: shares uploaded files in one message a channel."""
    files = [_uploaded(call, each) for each in _requested(call)]
    channels = _channels(call)
    content: Json = {"text": call.optional("initial_comment") or "", "subtype": "file_share"}
    if call.args.get("blocks"):
        content["blocks"] = check_message_blocks(call.args["blocks"])
    bodies = [file.body for file in files]
    with call.workspace.database.transaction():
        for channel in channels:
            _share(call, channel, bodies, content)
        for body in bodies:
            call.workspace.files.change(body["id"], "complete", body)
    return {"files": bodies}


def _requested(call: Call) -> list[Json]:
    files: Any = call.args.get("files")
    if not isinstance(files, list) or not files:
        raise SlackError("invalid_arguments", ("missing required field: files",))
    return [each if isinstance(each, dict) else {} for each in files]


def _uploaded(call: Call, asked: Json) -> StoredFile:
    file = call.workspace.files.get(str(asked.get("id")))
    if file is None or file.state != "uploaded":
        raise SlackError("file_not_found")
    title = asked.get("title") or file.body["name"]
    return StoredFile(file.id, file.state, file.length, {**file.body, "title": title})


def _channels(call: Call) -> list[Channel]:
    ids = call.optional("channel_id") or call.optional("channels") or ""
    return [
        Call(call.workspace, {"channel": each.strip()}).joined_channel()
        for each in ids.split(",")
        if each.strip()
    ]


def _share(call: Call, channel: Channel, bodies: list[Json], content: Json) -> None:
    bot = call.workspace.directory.bot.user_id
    thread_ts = call.optional("thread_ts")
    message = call.workspace.conversation.say(
        channel, bot, {**content, "files": bodies, "upload": False}, thread_ts
    )
    share: Json = {"ts": message.ts}
    if thread_ts:
        share["thread_ts"] = thread_ts
    for body in bodies:
        body["channels"] = [*body["channels"], channel.id]
        body["shares"] = {"public": {**body["shares"].get("public", {}), channel.id: [share]}}


def info(call: Call) -> Json:
    """files.info."""
    file = call.workspace.files.get(call.text("file"))
    if file is None or file.state != "complete":
        raise SlackError("file_not_found")
    return {"file": file.body, "comments": []}


def delete(call: Call) -> Json:
    """files.delete of the bot's own file. What is left of it in messages is a tombstone."""
    file = call.workspace.files.get(call.text("file"))
    if file is None or file.state not in {"complete", "deleted"}:
        raise SlackError("file_not_found")
    if file.state == "deleted":
        raise SlackError("file_deleted")
    left: Json = {"id": file.id, "mode": "tombstone"}
    for channel, shares in file.body["shares"].get("public", {}).items():
        for share in shares:
            message = call.workspace.messages.get(channel, share["ts"])
            if message is not None:
                kept = [left if each["id"] == file.id else each for each in message.body["files"]]
                call.workspace.conversation.change(message, {"files": kept}, edited=False)
    call.workspace.files.remove(file.id, {**file.body, "mode": "tombstone"})
    return {}

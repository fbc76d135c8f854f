"""Signed HTTP delivery: what Slack posts to a request URL."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from bot.workspace.delivery.outcome import Outcome, Parcel
from bot.workspace.types import Json

PROBE_SECONDS = 1.0


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of `v0:timestamp:body`."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Posts every payload to one URL."""

    url: str
    signing_secret: str
    ack_seconds: float
    session: aiohttp.ClientSession

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Posts and reads the answer within the ack time."""
        content_type, body = encoded(parcel)
        headers = {"Content-Type": content_type, **self._signed(body)}
        if parcel.attempt:
            headers["X-Slack-Retry-Num"] = str(parcel.attempt)
            headers["X-Slack-Retry-Reason"] = parcel.reason
        begin = time.perf_counter()
        try:
            async with asyncio.timeout(self.ack_seconds):
                async with self.session.post(self.url, data=body, headers=headers) as answer:
                    text = await answer.text()
        except TimeoutError:
            return Outcome("operation_timeout", reason="http_timeout")
        except aiohttp.ClientError:
            return Outcome("dispatch_failed", reason="connection_failed")
        if not 200 <= answer.status < 300:
            kind = "client" if answer.status < 500 else "service"
            final = answer.headers.get("X-Slack-No-Retry") == "1"
            return Outcome(f"http_{kind}_error", reason="http_error", final=final)
        return Outcome("ok", (time.perf_counter() - begin) * 1000, _answered(answer, text))

    def _signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self.signing_secret, timestamp, body),
        }

    async def bot_is_there(self) -> bool:
        """Whether the bot answers Slack's url_verification with the challenge."""
        body = json.dumps({"type": "url_verification", "challenge": "interlock"}).encode()
        headers = {"Content-Type": "application/json", **self._signed(body)}
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                async with self.session.post(self.url, data=body, headers=headers) as answer:
                    return answer.status == 200 and "interlock" in await answer.text()
        except (TimeoutError, aiohttp.ClientError):
            return False


def encoded(parcel: Parcel) -> tuple[str, bytes]:
    """Content type and body: JSON for events, a form for commands, a form field for the rest."""
    if parcel.kind == "events_api":
        return "application/json", json.dumps(parcel.payload, ensure_ascii=False).encode()
    if parcel.kind == "slash_commands":
        return "application/x-www-form-urlencoded", urlencode(parcel.payload).encode()
    payload = json.dumps(parcel.payload, ensure_ascii=False)
    return "application/x-www-form-urlencoded", urlencode({"payload": payload}).encode()


def _answered(answer: aiohttp.ClientResponse, text: str) -> Json | None:
    if not text.strip():
        return None
    if answer.content_type != "application/json":
        return {"text": text}
    try:
        parsed = json.loads(text)
    except ValueError:
        return {"text": text}
    return parsed if isinstance(parsed, dict) else None

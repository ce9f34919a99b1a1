"""Control routes for the tools of a tester: faults, snapshots, recordings, followers in bulk, what is recognised and
covered."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from tempfile import TemporaryFile
from typing import Any

import msgspec
from starlette.responses import Response

from ...coverage import Coverage, coverage
from ...followers_file import FollowersFile, Progress, Report
from ...platform import Platform
from ...world import recognition
from ...world.faults import Fault, Order
from ...world.refusal import BadInput
from ...world.snapshots import NoSnapshot, Snapshot
from .acts import account_of
from .route import WITH_FILES, Given, NotFound, Otherwise, Route
from .shapes import OfAccount


class NewSnapshot(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str


class FaultsView(msgspec.Struct, kw_only=True):
    faults: list[Fault]


class Lifted(msgspec.Struct, kw_only=True):
    """How many faults were ended."""

    lifted: int


class SnapshotsView(msgspec.Struct, kw_only=True):
    snapshots: list[Snapshot]


class RecordingView(msgspec.Struct, kw_only=True):
    """Whether a conversation is being recorded, with which account, and how many acts there are."""

    running: bool
    appid: str | None
    length: int


PATIENCE_S = 20
"""Three attempts of five seconds, and a little more."""
LOOK_AGAIN_S = 0.1
TEST_FILE = Otherwise(200, "text/x-python", "the test")


async def faults(given: Given[None]) -> Any:
    """Faults in force, and how often each has struck."""
    return FaultsView(faults=given.platform.faults.listing())


async def order_fault(given: Given[Order]) -> Any:
    """Have something go wrong from now on."""
    body: Order = given.body
    if body.appid:
        body = msgspec.structs.replace(body, appid=account_of(given, body.appid).appid)
    return given.platform.faults.order(body)


async def lift_faults(given: Given[None]) -> Any:
    """End every fault."""
    return Lifted(lifted=given.platform.faults.lift())


async def lift_fault(given: Given[None]) -> Any:
    """End one fault."""
    number = given.path["number"]
    if not number.isdecimal() or not given.platform.faults.lift(int(number)):
        raise NotFound(f"没有故障 {number}", f"no fault {number}")
    return Lifted(lifted=1)


async def snapshots(given: Given[None]) -> Any:
    """Saved states, the latest first."""
    return SnapshotsView(snapshots=given.platform.snapshots.listing())


async def save_snapshot(given: Given[NewSnapshot]) -> Any:
    """Save the present state under a name."""
    saved = given.platform.snapshots.save(given.body.name)
    given.platform.live.announce("state", {})
    return saved


def _no_snapshot(name: str) -> NotFound:
    return NotFound(f"没有快照 {name}", f"no snapshot {name}")


async def load_snapshot(given: Given[None]) -> Any:
    """Return to a saved state and its time."""
    name = given.path["name"]
    try:
        return given.platform.load_snapshot(name)
    except NoSnapshot:
        raise _no_snapshot(name) from None


async def delete_snapshot(given: Given[None]) -> Any:
    """Forget a saved state."""
    name = given.path["name"]
    try:
        given.platform.snapshots.delete(name)
    except NoSnapshot:
        raise _no_snapshot(name) from None
    given.platform.live.announce("state", {})
    return {}


def recording_view(platform: Platform) -> RecordingView:
    kept = platform.recording
    return RecordingView(running=kept.running, appid=kept.appid or None, length=kept.length)


async def recording(given: Given[None]) -> Any:
    """Whether a conversation is being recorded, and how many acts there are."""
    return recording_view(given.platform)


async def start_recording(given: Given[OfAccount]) -> Any:
    """Record what people do with one account."""
    given.platform.recording.start(account_of(given, given.body.appid))
    given.platform.live.announce("state", {})
    return recording_view(given.platform)


async def stop_recording(given: Given[None]) -> Any:
    """End the recording, once what people did last has been answered; it can still be fetched.

    A program whose handler takes long acknowledges the push and sends its answer later as a customer-service message.
    Nobody can tell that from a program that does not answer, so this waits up to 20 s.
    """
    kept = given.platform.recording
    kept.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.shield(given.platform.settle())
            for _ in range(int(PATIENCE_S / LOOK_AGAIN_S)):
                if not kept.awaits_answers():
                    break
                await asyncio.sleep(LOOK_AGAIN_S)
            await asyncio.shield(given.platform.settle())
    kept.stop()
    given.platform.live.announce("state", {})
    return recording_view(given.platform)


async def recorded_test(given: Given[None]) -> Response:
    """The recording as a pytest file for the program `target` (module:attribute)."""
    source = given.platform.recording.test_file(given.query.get("target", "app:oa"))
    return Response(source, media_type="text/x-python; charset=utf-8")


async def import_followers(given: Given[None]) -> Any:
    """Take in followers from CSV. A file that is damaged, or does not arrive whole, changes nothing.

    Live events `import` say how far it is, and so does GET on the same path.
    """
    account = account_of(given, given.path["appid"])
    assert given.stream is not None
    with TemporaryFile() as whole:
        async for piece in given.stream:
            whole.write(piece)
        work = FollowersFile(given.platform.world, account, whole)
        try:
            for progress in work.steps():
                _tell(given.platform, account.appid, progress)
                # Others are answered between two steps.
                await asyncio.sleep(0)
        finally:
            _tell(given.platform, account.appid, Progress())
    given.platform.live.announce("state", {})
    return work.report


def _tell(platform: Platform, appid: str, progress: Progress) -> None:
    platform.imports[appid] = progress
    platform.live.announce_lazily("import", lambda: {"appid": appid, **msgspec.to_builtins(progress)})


async def tell_import(given: Given[None]) -> Any:
    """How far the import of followers is that runs now."""
    return given.platform.imports.get(account_of(given, given.path["appid"]).appid, Progress())


class Teaching(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is read from something: known by a file (base64), or by `key`, its SHA-256, address, voice id or text."""

    kind: str
    result: dict[str, Any]
    key: str = ""
    file: bytes = b""


class Taught(msgspec.Struct, kw_only=True):
    """What it is known by from now on."""

    kind: str
    key: str


async def teach(given: Given[Teaching]) -> Taught:
    """说明一张图片、一段语音或文字的识别结果 / say what is read from a picture, a voice or a text"""
    body: Teaching = given.body
    key = body.key or (recognition.digest(body.file) if body.file else "")
    if not key:
        raise BadInput("需要 key 或 file", "key or file is needed")
    recognition.teach(given.platform.world, body.kind, key, body.result)
    return Taught(kind=body.kind, key=key)


async def tell_coverage(given: Given[None]) -> Coverage:
    """覆盖范围：每个接口、推送和返回码 / what is covered: every endpoint, push and return code"""
    return coverage()


ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/faults", function=faults, answer=FaultsView),
    Route(verb="POST", path="/faults", function=order_fault, body=Order, answer=Fault),
    Route(verb="DELETE", path="/faults", function=lift_faults, answer=Lifted),
    Route(verb="DELETE", path="/faults/{number}", function=lift_fault, answer=Lifted),
    Route(verb="GET", path="/snapshots", function=snapshots, answer=SnapshotsView),
    Route(verb="POST", path="/snapshots", function=save_snapshot, body=NewSnapshot, answer=Snapshot),
    Route(verb="POST", path="/snapshots/{name}/load", function=load_snapshot, answer=Snapshot),
    Route(verb="DELETE", path="/snapshots/{name}", function=delete_snapshot),
    Route(verb="GET", path="/recording", function=recording, answer=RecordingView),
    Route(
        verb="POST", path="/recording/start", function=start_recording, body=OfAccount, answer=RecordingView
    ),
    Route(verb="POST", path="/recording/stop", function=stop_recording, answer=RecordingView),
    Route(verb="GET", path="/recording/test", function=recorded_test, query=("target",), answer=TEST_FILE),
    Route(
        verb="POST",
        path="/accounts/{appid}/followers",
        function=import_followers,
        streamed=True,
        answer=Report,
    ),
    Route(verb="GET", path="/accounts/{appid}/followers", function=tell_import, answer=Progress),
    Route(verb="POST", path="/recognised", function=teach, body=Teaching, largest=WITH_FILES, answer=Taught),
    Route(verb="GET", path="/coverage", function=tell_coverage, answer=Coverage),
]

"""Control routes for the tools of a tester: faults, snapshots, recordings, followers in bulk."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from ...followers_file import Import, Report
from ...snapshots import NoSnapshot, Snapshot
from ...world.faults import Fault, Order
from .acts import account_of
from .route import Control, Given, NotFound, Otherwise
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


TEST_FILE = Otherwise(200, "text/x-python", "the test")


async def faults(given: Given) -> Any:
    """Faults in force, and how often each has struck."""
    return FaultsView(faults=given.platform.faults.listing())


async def order_fault(given: Given) -> Any:
    """Have something go wrong from now on."""
    body: Order = given.body
    if body.appid:
        body = msgspec.structs.replace(body, appid=account_of(given, body.appid).appid)
    return given.platform.faults.order(body)


async def lift_faults(given: Given) -> Any:
    """End every fault."""
    return Lifted(lifted=given.platform.faults.lift())


async def lift_fault(given: Given) -> Any:
    """End one fault."""
    number = given.path["number"]
    if not number.isdecimal() or not given.platform.faults.lift(int(number)):
        raise NotFound(f"没有故障 {number}", f"no fault {number}")
    return Lifted(lifted=1)


async def snapshots(given: Given) -> Any:
    """Saved states, the latest first."""
    return SnapshotsView(snapshots=given.platform.snapshots.listing())


async def save_snapshot(given: Given) -> Any:
    """Save the present state under a name."""
    saved = given.platform.snapshots.save(given.body.name)
    given.platform.live.announce("state", {})
    return saved


def _no_snapshot(name: str) -> NotFound:
    return NotFound(f"没有快照 {name}", f"no snapshot {name}")


async def load_snapshot(given: Given) -> Any:
    """Return to a saved state and its time."""
    name = given.path["name"]
    try:
        return given.platform.load_snapshot(name)
    except NoSnapshot:
        raise _no_snapshot(name) from None


async def delete_snapshot(given: Given) -> Any:
    """Forget a saved state."""
    name = given.path["name"]
    try:
        given.platform.snapshots.delete(name)
    except NoSnapshot:
        raise _no_snapshot(name) from None
    given.platform.live.announce("state", {})
    return {}


def _recording(given: Given) -> RecordingView:
    kept = given.platform.recording
    return RecordingView(running=kept.running, appid=kept.appid or None, length=kept.length)


async def recording(given: Given) -> Any:
    """Whether a conversation is being recorded, and how many acts there are."""
    return _recording(given)


async def start_recording(given: Given) -> Any:
    """Record what people do with one account."""
    given.platform.recording.start(account_of(given, given.body.appid))
    given.platform.live.announce("state", {})
    return _recording(given)


async def stop_recording(given: Given) -> Any:
    """End the recording; it can still be fetched."""
    given.platform.recording.stop()
    given.platform.live.announce("state", {})
    return _recording(given)


async def recorded_test(given: Given) -> Response:
    """The recording as a pytest file for the program `target` (module:attribute)."""
    source = given.platform.recording.test_file(given.query.get("target", "app:oa"))
    return Response(source, media_type="text/x-python; charset=utf-8")


async def import_followers(given: Given) -> Any:
    """Take in followers from CSV, as it arrives."""
    account = account_of(given, given.path["appid"])
    assert given.stream is not None
    work = Import(given.platform.world, account)
    async for piece in given.stream:
        work.feed(piece)
    report = work.finish()
    given.platform.live.announce("state", {})
    return report


CONTROLS = [
    Control(verb="GET", path="/faults", function=faults, answer=FaultsView),
    Control(verb="POST", path="/faults", function=order_fault, body=Order, answer=Fault),
    Control(verb="DELETE", path="/faults", function=lift_faults, answer=Lifted),
    Control(verb="DELETE", path="/faults/{number}", function=lift_fault, answer=Lifted),
    Control(verb="GET", path="/snapshots", function=snapshots, answer=SnapshotsView),
    Control(verb="POST", path="/snapshots", function=save_snapshot, body=NewSnapshot, answer=Snapshot),
    Control(verb="POST", path="/snapshots/{name}/load", function=load_snapshot, answer=Snapshot),
    Control(verb="DELETE", path="/snapshots/{name}", function=delete_snapshot),
    Control(verb="GET", path="/recording", function=recording, answer=RecordingView),
    Control(
        verb="POST", path="/recording/start", function=start_recording, body=OfAccount, answer=RecordingView
    ),
    Control(verb="POST", path="/recording/stop", function=stop_recording, answer=RecordingView),
    Control(verb="GET", path="/recording/test", function=recorded_test, query=("target",), answer=TEST_FILE),
    Control(
        verb="POST",
        path="/accounts/{appid}/followers",
        function=import_followers,
        streamed=True,
        answer=Report,
    ),
]

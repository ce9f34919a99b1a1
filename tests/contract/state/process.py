"""What the tests let other processes do with a shared state: `python process.py ACTION ADDRESS [NUMBER]`."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading

from gongzhong.state import State, open_state

PATIENCE_S = 9.0
"""Several processes on few cores are no outage; a circle would last for longer."""


async def increment(state: State, times: int) -> None:
    """Add one to a number that is kept as a value: read, write what was read plus one, again if somebody was faster."""
    for _ in range(times):
        while True:
            found = await state.get("number")
            data = b"%d" % (int(found.data if found else b"0") + 1)
            if await state.put("number", data, replaces=found.version if found else 0, ttl_s=600) is not None:
                break


async def spend(state: State, times: int) -> None:
    """Count how often an addition was allowed, of a limit of 100 for all."""
    allowed = [await state.add("limited", 1, 100, 600) for _ in range(times)]
    await state.add("allowed", sum(count is not None for count in allowed), None, 600)


async def hold(state: State, times: int) -> None:
    """Hold a lease again and again; nobody else may be seen inside."""
    me = f"process {os.getpid()}"
    held = 0
    while held < times:
        fence = await state.lease("door", me, 30)
        if fence is None:
            await asyncio.sleep(0.002)
            continue
        held += 1
        assert await state.add("inside", 1, 1, 600) == 1, "somebody else is inside"
        await state.push("fences", b"%d" % fence, ttl_s=600)
        assert await state.add("inside", -1, None, 600) == 0
        assert await state.release("door", fence)


async def everything(state: State, times: int) -> None:
    """Every operation on few keys, with and without fences, from many tasks: nobody may wait in a circle."""

    async def task(number: int) -> None:
        chance, fences = random.Random(os.getpid() * 1000 + number), dict[str, int]()
        for _ in range(times):
            key, door = f"k{chance.randrange(6)}", f"l{chance.randrange(4)}"
            fence = (door, fences[door]) if door in fences and chance.random() < 0.7 else None
            match chance.randrange(6):
                case 0:
                    granted = await state.lease(door, f"{os.getpid()}-{number % 3}", 1)
                    fences |= {door: granted} if granted else {}
                case 1 if fence:
                    await state.release(*fence)
                case 2 | 3:
                    found = await state.get(key)
                    version = found.version if found else 0
                    await state.put(key, b"x", replaces=version, ttl_s=5, fence=fence)
                case 4:
                    await state.push(key, b"item", ttl_s=5, limit=5, fence=fence)
                    await state.take(key, 2)
                case _:
                    await state.add(key, chance.choice([1, 1, -1]), 1000, 5)

    await asyncio.gather(*(task(number) for number in range(16)))


async def compete(state: State, times: int) -> None:
    await increment(state, times)
    await spend(state, times)
    await hold(state, times // 2)
    await everything(state, times // 2)


async def tell(state: State, _: int) -> None:
    """Write, half a second later, what somebody in another process waits for."""
    await asyncio.sleep(0.5)
    assert await state.put("awaited", b"here", replaces=0, ttl_s=600) is not None


ACTIONS = {action.__name__: action for action in (increment, compete, tell)}


def run(action: str, state: State, times: int) -> None:
    async def main() -> None:
        await ACTIONS[action](state, times)

    asyncio.run(main())


def fork(address: str, times: int) -> None:
    """Use the state, fork while another thread uses it too, and go on in parent and children."""
    state = open_state(address)
    run("increment", state, 1)
    busy = threading.Thread(target=run, args=("increment", state, times))
    busy.start()
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            run("increment", state, times)
            os._exit(0)
        children.append(child)
    run("increment", state, times)
    busy.join()
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0, 0, 0], codes
    run("increment", state, 1)


def main() -> None:
    action, address, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if action == "fork":
        fork(address, times)
    else:
        run(action, open_state(address, answer_within_s=PATIENCE_S), times)


if __name__ == "__main__":
    main()

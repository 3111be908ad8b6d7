"""Resident memory and login cost of sessions that do nothing."""

import asyncio

from .client import connect

# Logins at a time.
WIDTH = 32


async def open_session(server, name, features):
    client = await connect(server, name, "idle")
    if features:
        await client.enable_carbons()
    client.become_available(0)
    await client.settle()
    if features:
        client.become_quiet()
        await client.enable_stream_management()
    # From now on nothing is kept of what arrives.
    client.listen(lambda data, instant: None)
    return client


async def open_sessions(server, names, features):
    gate = asyncio.Semaphore(WIDTH)

    async def one(name):
        async with gate:
            return await open_session(server, name, features)

    return await asyncio.gather(*(one(name) for name in names))


async def measure(server, names, warm_up, features, rest):
    """Growth of resident memory and processor time over `names[warm_up:]`, for each session.

    Memory is read after `rest` seconds in which nothing is sent. With `features` every session
    has carbon copies and stream management, and is quiet.
    """
    opened = await open_sessions(server, names[:warm_up], features)
    await asyncio.sleep(rest)
    memory, cpu = server.process.resident_bytes(), server.process.cpu_seconds()
    opened += await open_sessions(server, names[warm_up:], features)
    spent = server.process.cpu_seconds() - cpu
    await asyncio.sleep(rest)
    grown = server.process.resident_bytes() - memory
    alive = sum(1 for client in opened if client.lost is None)
    count = len(names) - warm_up
    result = {
        "bytes": grown / count,
        "login_cpu_us": spent / count * 1e6,
        "sessions": count,
        "alive": alive == len(names),
        "mechanism": opened[0].mechanism,
    }
    for client in opened:
        await client.close()
    return result

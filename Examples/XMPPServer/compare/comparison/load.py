"""Processor time per message to a user with several devices, all but one of them quiet."""

import asyncio
import re
import statistics
import time
from dataclasses import dataclass

from .client import connect

# Messages on their way to the active device; the sender pauses beyond it.
WINDOW = 256
BODY_BYTES = 60
# Without a message for so long, the rest counts as lost.
SILENCE = 20
MARK = b"@@"
TOKEN = re.compile(rb"@@(\d{9})@@")


@dataclass
class Deliveries:
    """What became of messages, summed over devices."""

    expected: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0

    def __iadd__(self, other):
        self.expected += other.expected
        self.lost += other.lost
        self.doubled += other.doubled
        self.disordered += other.disordered
        return self

    def note(self, expected, arrived):
        """Compares what one device should have from one sender, in order, with what it has."""
        unique = list(dict.fromkeys(arrived))
        rank = {item: place for place, item in enumerate(expected)}
        places = [rank[item] for item in unique if item in rank]
        self.expected += len(expected)
        self.lost += len(expected) - len(places)
        self.doubled += len(arrived) - len(unique)
        self.disordered += sum(1 for left, right in zip(places, places[1:]) if left > right)


def render(account, numbers):
    """One message for each number, ready to send; the number is in the body of 60 bytes."""
    rendered = []
    for number in numbers:
        body = f"@@{number:09d}@@ ".ljust(BODY_BYTES, "x")
        rendered.append(
            f"<message to='{account}@localhost' type='chat' id='n{number}'>"
            f"<body>{body}</body></message>".encode()
        )
    return rendered


class Device:
    """One device of the receiver: keeps what it reads and counts messages without parsing."""

    def __init__(self, client):
        self.client = client
        self.chunks = []
        self.count = 0
        self.marks = 0
        self.tail = b""
        self.heard = asyncio.Event()

    def listen(self):
        self.client.listen(self.take)

    def take(self, data, instant):
        self.chunks.append(data)
        # A mark may be cut in two by the edge of a read.
        seam = self.tail + data[:1]
        self.marks += data.count(MARK) + (1 if seam == MARK else 0)
        self.tail = data[-1:]
        self.count = self.marks // 2
        self.heard.set()

    def drain(self):
        """The numbers of the messages since the last drain, in order of arrival."""
        text = b"".join(self.chunks)
        self.chunks.clear()
        self.marks = self.count = 0
        self.tail = b""
        return [int(number) for number in TOKEN.findall(text)]


class Load:
    """One sender, one receiver with `devices` devices: the first is active, the rest are quiet."""

    def __init__(self, server, account, devices):
        self.server = server
        self.account = account
        self.width = devices
        self.devices = []
        self.sender = None
        self.next = 0
        self.deliveries = Deliveries()

    async def log_in(self):
        for index in range(self.width):
            client = await connect(self.server, self.account, f"device{index}")
            await client.enable_carbons()
            client.become_available(10 if index == 0 else 0)
            await client.settle()
            self.devices.append(Device(client))
        self.sender = await connect(self.server, "sender", f"to-{self.account}")
        self.sender.listen(lambda data, instant: None)
        for device in self.devices:
            device.listen()

    async def quieten(self):
        """All but the first device go quiet, then the first one's owner shows to be there."""
        for device in self.devices[1:]:
            device.client.become_quiet()
        await asyncio.sleep(0.05)
        self.devices[0].client.become_available(10)
        await asyncio.sleep(0.05)
        for device in self.devices:
            device.drain()

    async def run(self, count):
        """Sends `count` messages; returns processor seconds and seconds, until all have all."""
        await self.quieten()
        numbers = range(self.next, self.next + count)
        self.next += count
        messages = render(self.account, numbers)
        cpu = self.server.process.cpu_seconds()
        begun = time.monotonic()
        await self.pour(messages)
        # What is still held back is part of the work: wake all devices and wait for it.
        for device in self.devices[1:]:
            device.client.become_active()
        for device in self.devices:
            await self.until(device, count)
        elapsed = time.monotonic() - begun
        spent = self.server.process.cpu_seconds() - cpu
        # Time for what should not come, a second copy.
        await asyncio.sleep(0.1)
        for device in self.devices:
            self.deliveries.note(list(numbers), device.drain())
        return spent, elapsed

    async def pour(self, messages):
        active = self.devices[0]
        sent = 0
        while sent < len(messages):
            free = WINDOW - (sent - active.count)
            if free >= WINDOW // 2 or sent + free >= len(messages):
                batch = messages[sent : sent + free]
                self.sender.send(b"".join(batch))
                sent += len(batch)
            elif not await self.hear(active):
                return
        await self.until(active, len(messages))

    async def until(self, device, count):
        while device.count < count:
            if not await self.hear(device):
                return

    async def hear(self, device):
        """Waits for the device to read something; false when it has not for too long."""
        device.heard.clear()
        try:
            await asyncio.wait_for(device.heard.wait(), SILENCE)
            return True
        except asyncio.TimeoutError:
            device.client.check()
            self.sender.check()
            return False

    async def close(self):
        for device in self.devices:
            await device.client.close()
        await self.sender.close()


async def measure(server, account, devices, warm_up, messages, runs):
    """Medians over the runs: microseconds of processor per message, messages per second."""
    load = Load(server, account, devices)
    await load.log_in()
    await load.run(warm_up)
    measured = [await load.run(messages) for _ in range(runs)]
    await load.close()
    costs = [spent / messages * 1e6 for spent, _ in measured]
    return {
        "cpu_us": statistics.median(costs),
        "cpu_us_runs": costs,
        "per_second": messages / statistics.median(elapsed for _, elapsed in measured),
    }, load.deliveries

"""Many messages to devices that come and go: none lost, none twice, in order."""

import asyncio
import random
import unittest

from harness import ServerCase, settings

ALICE = "alice@localhost"


class Floods(ServerCase):
    @settings(engine__perSessionLimit=1000)
    async def test_quiet_phone_gets_all_when_it_comes_back(self):
        bob = await self.raw("bob").sign_in()
        phone = await self.quiet_device("alice")
        desk = await self.raw("alice", "desk").sign_in(carbons=True)
        await phone.sync()
        phone.forget()
        bodies = [f"flood {number:04}" for number in range(500)]
        for body in bodies:
            bob.message(ALICE, body)
        await desk.expect(body=bodies[-1], timeout=60)
        await self.server.until_session(phone.full, mode="quiet", held=500)
        await phone.barrier()
        self.assertEqual(phone.bodies(), [])
        phone.active()
        await phone.expect(body=bodies[-1], timeout=60)
        self.assertEqual(phone.bodies(), bodies)
        self.assertEqual(desk.bodies(), bodies)
        self.assertEqual({s.rings for s in phone.having(name="message")}, {(False, "held-back")})

    async def test_limit_flushes_keep_the_order(self):
        bob = await self.raw("bob").sign_in()
        phone = await self.quiet_device("alice")
        desk = await self.raw("alice", "desk").sign_in(carbons=True)
        bodies = [f"flood {number:04}" for number in range(500)]
        for body in bodies:
            bob.message(ALICE, body)
        await desk.expect(body=bodies[-1], timeout=60)
        phone.active()
        await phone.expect(body=bodies[-1], timeout=60)
        self.assertEqual(phone.bodies(), bodies)
        counters = await self.server.counters()
        self.assertGreaterEqual(counters["MDMBufferFlushesLimitReached"], 4)

    async def test_two_devices_going_quiet_and_back_at_random(self):
        chance = random.Random(20)
        bob = await self.raw("bob").sign_in()
        devices = [
            await self.raw("alice", name).sign_in(management=True, carbons=True)
            for name in ("phone", "desk")
        ]
        bodies = [f"flood {number:04}" for number in range(2000)]
        for number, body in enumerate(bodies):
            bob.message(ALICE, body)
            if chance.random() < 0.05:
                device = chance.choice(devices)
                act = chance.choice(("inactive", "active", "request", "presence"))
                if act == "inactive":
                    device.inactive()
                elif act == "active":
                    device.active()
                elif act == "presence":
                    device.send("<presence/>")
                else:
                    device.send("<iq type='get' id='any' to='localhost'>"
                                "<ping xmlns='urn:xmpp:ping'/></iq>")
            if number % 20 == 0:
                await bob.sync()
        await bob.sync()
        for device in devices:
            device.active()
            await device.expect(body=bodies[-1], timeout=60)
            self.assertEqual(device.bodies(), bodies, device.label)

    async def test_devices_cut_and_resumed_at_random(self):
        chance = random.Random(7)
        bob = await self.raw("bob").sign_in()
        devices = [
            await self.raw("alice", name).sign_in(management=True, carbons=True)
            for name in ("phone", "desk")
        ]
        bodies = [f"flood {number:04}" for number in range(600)]
        for number, body in enumerate(bodies):
            bob.message(ALICE, body)
            if number % 25 == 24:
                device = chance.choice(devices)
                device.cut()
                await device.closed()
                answer = await device.resume()
                self.assertEqual(answer.name, "resumed", answer)
        await bob.sync()
        for device in devices:
            await device.expect(body=bodies[-1], timeout=60)
            self.assertEqual(device.bodies(), bodies, device.label)

    async def test_many_senders_at_once(self):
        names = [f"user{number}" for number in range(8)]
        self.server.add_accounts(*names)
        alice = await self.raw("alice").sign_in(carbons=True)
        senders = [await self.raw(name).sign_in() for name in names]

        async def flood(sender):
            for number in range(200):
                sender.message(ALICE, f"{sender.name} {number:04}")
                if number % 20 == 0:
                    await sender.sync()
            await sender.sync()

        await asyncio.gather(*(flood(sender) for sender in senders))
        for name in names:
            wanted = [f"{name} {number:04}" for number in range(200)]
            await alice.expect(body=wanted[-1], timeout=60)
            self.assertEqual(alice.bodies(f"{name} "), wanted)


if __name__ == "__main__":
    unittest.main()

"""Quiet mode with each of its triggers, what is dropped and replaced, silent mode (R-033…R-041)."""

import unittest

from harness import ServerCase, settings

ALICE = "alice@localhost"
BOB = "bob@localhost"


class QuietMode(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bob = await self.device("bob", carbons=False)
        self.phone = await self.quiet_device("alice")
        self.desk = await self.device("alice", "desk")
        await self.wake(self.phone)

    async def wake(self, device):
        """Delivers what waits, the presence of the other devices, and starts counting there."""
        await device.sync()
        await self.server.until_session(device.full, mode="quiet", held=0)
        device.forget()
        self.flushes = (await self.server.counters())["MDMBufferFlushes"]

    async def hold(self, *bodies):
        """Bob writes; the desk has it, the phone waits."""
        for body in bodies:
            self.bob.message(ALICE, body)
            self.assertRings(await self.desk.expect(body=body), "active-client")
        await self.server.until_session(self.phone.full, held=len(bodies))
        await self.phone.barrier()
        self.assertEqual(self.phone.bodies(), [])

    async def assert_flushed(self, *bodies, mode="quiet"):
        for body in bodies:
            message = await self.phone.expect(body=body)
            self.assertEqual(message.form, "original")
            self.assertIsNotNone(message.delay, message)
            self.assertMute(message, "held-back")
        await self.server.until_session(self.phone.full, mode=mode, held=0)
        self.assertEqual(self.phone.bodies(), list(bodies))

    # The triggers

    async def test_request_from_the_device(self):
        await self.hold("one", "two")
        answer = await self.phone.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "localhost")
        self.assertEqual(answer.type, "result")
        await self.assert_flushed("one", "two")

    async def test_request_to_the_device(self):
        await self.hold("one", "two")
        answer = await self.desk.iq("get", "<ping xmlns='urn:xmpp:ping'/>", self.phone.full)
        self.assertEqual((answer.type, answer.sender), ("result", self.phone.full))
        await self.assert_flushed("one", "two")
        # What waited came before what woke the device.
        names = [s.name for s in self.phone.all if s.name in ("message", "iq")]
        self.assertEqual(names, ["message", "message", "iq"])

    async def test_request_from_somebody_else_to_the_device(self):
        await self.hold("one")
        answer = await self.bob.iq("get", "<ping xmlns='urn:xmpp:ping'/>", self.phone.full)
        self.assertEqual(answer.type, "result", answer)
        await self.assert_flushed("one")

    async def test_request_to_the_account_wakes_nobody(self):
        await self.hold("one")
        await self.bob.iq("get", "<ping xmlns='urn:xmpp:ping'/>", ALICE)
        await self.phone.barrier()
        await self.server.until_session(self.phone.full, held=1)
        self.assertEqual(self.phone.bodies(), [])

    async def test_message_when_no_other_client_is_active(self):
        await self.hold("one", "two")
        await self.desk.disconnect()
        await self.phone.barrier()
        self.assertEqual(self.phone.bodies(), [])
        self.bob.message(ALICE, "three")
        for body in ("one", "two"):
            self.assertMute(await self.phone.expect(body=body), "held-back")
        last = await self.phone.expect(body="three")
        # Of those that are left it was the last to be there.
        self.assertRings(last, "active-client")
        self.assertIsNone(last.delay, last)
        await self.server.until_session(self.phone.full, mode="quiet", held=0)
        self.assertEqual(self.phone.bodies(), ["one", "two", "three"])

    async def test_message_after_the_window_of_the_other_client(self):
        await self.hold("one")
        await self.server.ctl("set", "activeWindow", "1")
        await self.server.until_session(self.desk.full, active="false")
        # The window alone delivers nothing.
        await self.phone.barrier()
        self.assertEqual(self.phone.bodies(), [])
        self.bob.message(ALICE, "two")
        self.assertMute(await self.phone.expect(body="one"), "held-back")
        self.assertRings(await self.phone.expect(body="two"), "no-active-client")
        self.assertRings(await self.desk.expect(body="two"), "no-active-client")

    @settings(engine__perSessionLimit=5)
    async def test_limit(self):
        bodies = [f"message {number}" for number in range(13)]
        for body in bodies:
            self.bob.message(ALICE, body)
        await self.phone.expect(body=bodies[9])
        await self.server.until_session(self.phone.full, mode="quiet")
        held = int((await self.server.sessions())[self.phone.full]["held"])
        self.assertLess(held, 5)
        counters = await self.server.counters()
        self.assertGreaterEqual(counters["MDMBufferFlushesLimitReached"], 2)
        self.phone.active()
        await self.phone.expect(body=bodies[-1])
        self.assertEqual(self.phone.bodies(), bodies)

    async def test_coming_back(self):
        await self.hold("one", "two", "three")
        self.phone.active()
        await self.assert_flushed("one", "two", "three", mode="normal")

    async def test_own_message_from_the_background_flushes(self):
        await self.hold("one")
        self.phone.message(BOB, "from the pocket")
        await self.bob.expect(body="from the pocket")
        await self.assert_flushed("one")

    async def test_turning_copies_off_flushes(self):
        await self.hold("one")
        await self.phone.disable_carbons()
        await self.phone.expect(body="one")
        self.assertEqual((await self.server.sessions())[self.phone.full]["mdm"], "false")

    # What counts

    @settings(engine__timeslice="1")
    async def test_counters(self):
        counters = await self.server.counters()
        self.assertEqual((counters["MDMSessions"], counters["MDMQuietModeSessions"]), (2, 1))
        await self.hold("one", "two", "three")
        self.phone.active()
        await self.assert_flushed("one", "two", "three", mode="normal")
        counters = await self.server.counters()
        self.assertEqual(counters["MDMBufferFlushes"], self.flushes + 1)
        self.assertEqual(counters["MDMBufferFlushesLimitReached"], 0)
        self.assertEqual(counters["MDMQuietModeSessions"], 0)
        self.assertGreater(counters["MDMBufferAvgQueuedTime"], 0)
        await self.server.until(
            self.server.counters, lambda c: c["MDMBufferFlushPacketCount"] >= 3,
            "a slice with the three packets",
        )

    # What is dropped, what is replaced, what else waits

    async def test_chat_states_are_dropped(self):
        for state in ("composing", "paused", "composing"):
            self.bob.chat_state(ALICE, state)
        for _ in range(3):
            await self.desk.expect(ns="http://jabber.org/protocol/chatstates")
        await self.hold("one")
        self.phone.active()
        await self.assert_flushed("one", mode="normal")
        await self.assertNothing(self.phone, ns="http://jabber.org/protocol/chatstates")

    async def test_newest_presence_of_a_sender_replaces_the_others(self):
        carol = await self.device("carol", carbons=False)
        for show in ("away", "dnd", "xa"):
            for client in (self.bob, carol):
                client.send(
                    f"<presence xmlns='jabber:client' to='{ALICE}'><show>{show}</show></presence>"
                )
                await self.desk.expect(name="presence", sender=client.full)
        await self.server.until_session(self.phone.full, held=2)
        await self.phone.barrier()
        await self.assertNothing(self.phone, name="presence", sender=self.bob.full)
        self.phone.active()
        for client in (self.bob, carol):
            presence = await self.phone.expect(name="presence", sender=client.full)
            self.assertEqual(presence.text("jabber:client", "show"), "xa")
        await self.phone.barrier()
        senders = [s.sender for s in self.phone.having(name="presence")]
        self.assertEqual(sorted(senders), sorted([self.bob.full, carol.full]))

    async def test_sent_copies_wait_and_keep_their_place(self):
        await self.hold("one")
        self.desk.message(BOB, "two")
        await self.bob.expect(body="two")
        self.bob.message(ALICE, "three")
        await self.desk.expect(body="three")
        await self.server.until_session(self.phone.full, held=3)
        self.phone.active()
        await self.phone.expect(body="three")
        self.assertEqual(self.phone.bodies(), ["one", "two", "three"])
        copy = self.phone.having(body="two")[0]
        self.assertEqual(copy.form, "sent")
        self.assertIsNotNone(copy.delay, copy)

    async def test_inactive_without_copies_is_an_ordinary_device(self):
        tablet = await self.device("alice", "tablet", carbons=False, management=True)
        tablet.inactive()
        await tablet.barrier()
        await self.desk.available()
        self.bob.message(ALICE, "one")
        message = await tablet.expect(body="one")
        self.assertEqual(message.rings, (False, "client-decides"))

    async def test_each_message_is_held_for_each_quiet_device(self):
        tablet = await self.quiet_device("alice", "tablet")
        await self.desk.available()
        await self.wake(self.phone)
        await self.wake(tablet)
        await self.hold("one", "two")
        await self.server.until_session(tablet.full, held=2)
        self.phone.active()
        await self.assert_flushed("one", "two", mode="normal")
        await tablet.barrier()
        self.assertEqual(tablet.bodies(), [])
        tablet.active()
        await tablet.expect(body="two")
        self.assertEqual(tablet.bodies(), ["one", "two"])

    async def test_the_stamp_is_when_it_was_accepted(self):
        await self.hold("one")
        self.phone.active()
        late = await self.phone.expect(body="one")
        self.assertRegex(late.delay, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        delays = [e for e in late.xml.iter("{urn:xmpp:delay}delay")]
        self.assertEqual([d.get("from") for d in delays], ["localhost"])


class SilentMode(ServerCase):
    async def test_silent_device_gets_everything_and_does_not_ring(self):
        bob = await self.device("bob", carbons=False)
        phone = await self.device("alice", "phone")
        await phone.silent(True)
        await self.server.until_session(phone.full, mode="silent")
        self.assertEqual((await self.server.counters())["MDMSilentModeSessions"], 1)
        bob.message(ALICE, "one")
        self.assertMute(await phone.expect(body="one"), "silent-mode")
        await self.server.ctl("set", "activeWindow", "1")
        await self.server.until_session(phone.full, active="false")
        bob.message(ALICE, "two")
        self.assertMute(await phone.expect(body="two"), "silent-mode")
        await phone.silent(False)
        await self.server.until_session(phone.full, mode="normal")
        await self.server.until_session(phone.full, active="false")
        bob.message(ALICE, "three")
        self.assertRings(await phone.expect(body="three"), "no-active-client")
        self.assertEqual((await self.server.counters())["MDMSilentModeSessions"], 0)

    async def test_nonsense_is_refused(self):
        phone = await self.device("alice", "phone")
        answer = await phone.iq("set", "<mode xmlns='urn:x-swift-mdm:0' value='loud'/>")
        self.assertEqual((answer.type, answer.condition), ("error", "bad-request"))


if __name__ == "__main__":
    unittest.main()

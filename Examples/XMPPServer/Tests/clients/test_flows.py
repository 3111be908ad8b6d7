"""The two documented flows: who gets a message, who rings, what waits (R-022…R-041)."""

import csv
import unittest

from harness import ServerCase, ServerFailure

ALICE = "alice@localhost"
BOB = "bob@localhost"


class MessagingFlow(ServerCase):
    """R-022…R-032."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bob = await self.device("bob", carbons=False)
        self.phone = await self.device("alice", "phone")
        self.laptop = await self.device("alice", "laptop")
        # The last to become available is the active client.
        self.desk = await self.device("alice", "desk")
        self.devices = (self.desk, self.laptop, self.phone)

    async def assert_rings_only(self, active, body):
        for device in self.devices:
            message = await device.expect(body=body)
            if device is active:
                self.assertRings(message, "active-client")
            else:
                self.assertMute(message, "other-client-active")

    async def assert_rings_everywhere(self, body):
        for device in self.devices:
            self.assertRings(await device.expect(body=body), "no-active-client")

    async def test_message_reaches_all_and_rings_on_the_active(self):
        self.bob.message(ALICE, "one")
        await self.assert_rings_only(self.desk, "one")

    async def test_each_device_gets_the_original_once_with_one_stable_id(self):
        stanza_id = self.bob.message(ALICE, "one")
        ids = set()
        for device in self.devices:
            message = await device.expect(body="one")
            self.assertEqual((message.form, message.id), ("original", stanza_id))
            self.assertEqual(message.sender, self.bob.full)
            self.assertEqual(len(message.notes), 1, message)
            self.assertEqual([i.get("by") for i in message.stanza_ids], [ALICE])
            self.assertIsNone(message.delay, message)
            ids.add(message.stanza_id)
            await device.sync()
            self.assertEqual(device.bodies(), ["one"])
        self.assertEqual(len(ids), 1)

    async def test_writing_makes_a_device_active(self):
        self.laptop.message(BOB, "from the laptop")
        await self.bob.expect(body="from the laptop")
        self.bob.message(ALICE, "two")
        await self.assert_rings_only(self.laptop, "two")

    async def test_what_is_sent_is_copied_to_the_other_devices_and_rings_nowhere(self):
        self.laptop.message(BOB, "an answer")
        for device in (self.desk, self.phone):
            copy = await device.expect(body="an answer")
            self.assertEqual((copy.form, copy.sender, copy.to), ("sent", ALICE, device.full))
            self.assertEqual(copy.inner.sender, self.laptop.full)
            self.assertMute(copy, "own-message")
        await self.laptop.sync()
        await self.assertNothing(self.laptop, body="an answer")

    async def test_a_third_user_is_treated_alike(self):
        carol = await self.device("carol", carbons=False)
        self.bob.message(ALICE, "one")
        await self.assert_rings_only(self.desk, "one")
        for body in ("from carol 1", "from carol 2", "from carol 3"):
            carol.message(ALICE, body)
            await self.assert_rings_only(self.desk, body)

    async def test_message_to_one_device_is_copied_to_the_others(self):
        self.bob.message(self.phone.full, "to the phone")
        original = await self.phone.expect(body="to the phone")
        self.assertEqual(original.form, "original")
        self.assertMute(original, "other-client-active")
        for device in (self.desk, self.laptop):
            copy = await device.expect(body="to the phone")
            self.assertEqual((copy.form, copy.sender, copy.to), ("received", ALICE, device.full))
            self.assertEqual(copy.stanza_id, original.stanza_id)
            self.assertEqual(copy.rings[0], device is self.desk, copy)

    async def test_everybody_rings_after_the_window(self):
        await self.server.ctl("set", "activeWindow", "2")
        for device in self.devices:
            await self.server.until_session(device.full, active="false")
        self.bob.message(ALICE, "later")
        await self.assert_rings_everywhere("later")
        # Whoever answers is the active one again.
        self.phone.message(BOB, "here")
        await self.bob.expect(body="here")
        await self.server.until_session(self.phone.full, active="true")
        await self.server.ctl("set", "activeWindow", "300")
        self.phone.message(BOB, "still here")
        await self.bob.expect(body="still here")
        self.bob.message(ALICE, "good")
        await self.assert_rings_only(self.phone, "good")

    async def test_the_one_before_is_active_when_the_active_client_signs_out(self):
        await self.desk.disconnect()
        self.devices = (self.laptop, self.phone)
        self.bob.message(ALICE, "anyone?")
        await self.assert_rings_only(self.laptop, "anyone?")

    async def test_signed_out_device_gets_nothing(self):
        self.laptop.send("<presence xmlns='jabber:client' type='unavailable'/>")
        await self.laptop.sync()
        self.bob.message(ALICE, "one")
        await self.phone.expect(body="one")
        self.desk.message(BOB, "two")
        await self.phone.expect(body="two")
        await self.laptop.sync()
        self.assertEqual(self.laptop.bodies(), [])

    async def test_control_command_tells_the_sessions(self):
        sessions = await self.server.sessions()
        for device in self.devices:
            fields = sessions[device.full]
            self.assertEqual(fields["mode"], "normal", fields)
            self.assertEqual(fields["mdm"], "true", fields)
            self.assertEqual(fields["held"], "0", fields)
            self.assertEqual(fields["kind"], "desktop", fields)
            self.assertEqual(fields["active"], str(device is self.desk).lower(), fields)
        self.assertEqual(sessions[self.bob.full]["mdm"], "false")
        self.assertEqual((await self.server.counters())["MDMSessions"], 3)

    async def test_control_command_explains_a_user(self):
        self.bob.message(ALICE, "one")
        await self.phone.expect(body="one")
        told = await self.server.ctl("explain", "alice")
        for device in ("phone", "laptop", "desk"):
            self.assertIn(device, told)

    async def test_control_command_reports_the_sessions(self):
        rows = list(csv.DictReader((await self.server.ctl("report")).splitlines()))
        self.assertEqual([row["Level"] for row in rows], ["Node", "Cluster"])
        for row in rows:
            self.assertEqual(row["Count of users logged in from one or more devices"], "2")
            self.assertEqual(row["Total number of sessions"], "4")
        users = list(csv.DictReader((await self.server.ctl("report", "users")).splitlines()))
        told = {row["User"]: row["Number of sessions"] for row in users}
        self.assertEqual(told, {ALICE: "3", BOB: "1"})

    async def test_control_command_tells_why_a_telephone_was_silent(self):
        await self.assertRefused("not watched", "decisions", "alice")
        await self.server.ctl("watch", "alice")
        self.bob.message(ALICE, "why did it not ring?")
        await self.phone.expect(body="why did it not ring?")
        lines = (await self.server.ctl("decisions", "alice")).splitlines()
        phone = [line for line in lines if " phone: " in line]
        self.assertEqual(len(phone), 1, lines)
        self.assertIn(
            "delivered without ringing, because another client is active; desk was active until",
            phone[0],
        )
        self.assertNotIn("why did it not ring?", "".join(lines))
        await self.server.ctl("unwatch", "alice")
        await self.assertRefused("not watched", "decisions", "alice")
        await self.assertRefused("no user", "watch", "nobody-of-that-name")

    async def assertRefused(self, why, *command):
        with self.assertRaisesRegex(ServerFailure, why):
            await self.server.ctl(*command)

    async def test_control_command_tells_metrics(self):
        text = await self.server.ctl("metrics")
        self.assertIn("# TYPE mdm_sessions gauge", text)
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        self.assertEqual(values["mdm_sessions"], "3")


class QuietModeFlow(ServerCase):
    """R-033…R-041."""

    async def test_documented_flow(self):
        bob = await self.device("bob", carbons=False)
        phone = await self.device("alice", "phone", management=True)
        laptop = await self.device("alice", "laptop")
        # Alice reads on her phone, then answers on her laptop: that is the active one.
        bob.message(ALICE, "question")
        await phone.expect(body="question")
        laptop.message(BOB, "answer")
        await bob.expect(body="answer")
        self.assertEqual((await phone.expect(body="answer")).form, "sent")
        # The phone goes to the background.
        phone.inactive()
        await phone.barrier()
        # Bob's response reaches the laptop and waits for the phone.
        bob.message(ALICE, "response")
        self.assertRings(await laptop.expect(body="response"), "active-client")
        await self.server.until_session(phone.full, mode="quiet", held=1)
        await phone.barrier()
        await self.assertNothing(phone, body="response")
        # She comes back to the phone.
        phone.active()
        late = await phone.expect(body="response")
        self.assertEqual(late.form, "original")
        self.assertIsNotNone(late.delay, late)
        self.assertMute(late, "held-back")
        await self.server.until_session(phone.full, mode="normal", held=0)
        # Coming back made it the active client.
        bob.message(ALICE, "next")
        self.assertRings(await phone.expect(body="next"), "active-client")
        self.assertMute(await laptop.expect(body="next"), "other-client-active")
        self.assertEqual(phone.bodies(), ["question", "answer", "response", "next"])


if __name__ == "__main__":
    unittest.main()

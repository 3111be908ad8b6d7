"""How far has been read, on every device (XEP-0490, XEP-0333, R-004, R-027, R-032)."""

import asyncio
import unittest

from harness import ServerCase

ALICE = "alice@localhost"
BOB = "bob@localhost"
NODE = "urn:xmpp:mds:displayed:0"
EVENT = "http://jabber.org/protocol/pubsub#event"
PUBSUB = "http://jabber.org/protocol/pubsub"


def position(item):
    """The contact and the archive id that an item names."""
    marker = item.find(f"{{{NODE}}}displayed/{{urn:xmpp:sid:0}}stanza-id")
    return (item.get("id"), marker.get("id"))


def event(contact, stanza_id):
    """Whether a stanza is the event that says so."""

    def fits(stanza):
        items = stanza.find((EVENT, "event"), (EVENT, "items"))
        if items is None or items.get("node") != NODE:
            return False
        return [position(item) for item in items] == [(contact, stanza_id)]

    return fits


class ReadPositions(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bob = await self.device("bob", carbons=False)
        self.phone = await self.device("alice", "phone")
        self.desk = await self.device("alice", "desk")

    def publication(self, contact, stanza_id):
        return (
            f"<pubsub xmlns='{PUBSUB}'><publish node='{NODE}'><item id='{contact}'>"
            f"<displayed xmlns='{NODE}'><stanza-id xmlns='urn:xmpp:sid:0' by='{ALICE}' "
            f"id='{stanza_id}'/></displayed></item></publish></pubsub>"
        )

    async def publish(self, device, contact, stanza_id):
        answer = await device.iq("set", self.publication(contact, stanza_id))
        self.assertEqual(answer.type, "result", answer)

    async def fetch(self, device):
        answer = await device.iq("get", f"<pubsub xmlns='{PUBSUB}'><items node='{NODE}'/></pubsub>")
        self.assertEqual(answer.type, "result", answer)
        items = answer.find((PUBSUB, "pubsub"), (PUBSUB, "items"))
        return dict(position(item) for item in items)

    async def receive(self, *bodies, sender=None):
        """Messages to Alice; the id of the last."""
        sender = sender or self.bob
        for body in bodies:
            sender.message(ALICE, body)
            message = await self.desk.expect(body=body)
            await self.phone.expect(body=body)
        return message.stanza_id

    async def test_other_devices_are_told(self):
        stanza_id = await self.receive("one", "two")
        await self.publish(self.desk, BOB, stanza_id)
        told = await self.phone.expect(event(BOB, stanza_id), name="message")
        self.assertEqual((told.type, told.sender), ("headline", ALICE))

    async def test_fetching_after_signing_in(self):
        carol = await self.device("carol", carbons=False)
        from_bob = await self.receive("one", "two")
        from_carol = await self.receive("three", sender=carol)
        await self.publish(self.desk, BOB, from_bob)
        await self.publish(self.phone, "carol@localhost", from_carol)
        tablet = await self.device("alice", "tablet")
        self.assertEqual(
            await self.fetch(tablet), {BOB: from_bob, "carol@localhost": from_carol}
        )

    async def test_fetching_after_a_restart(self):
        stanza_id = await self.receive("one", "two")
        await self.publish(self.desk, BOB, stanza_id)
        self.assertEqual(await asyncio.to_thread(self.server.stop), 0)
        self.server.start()
        new = await self.device("alice", "new")
        self.assertEqual(await self.fetch(new), {BOB: stanza_id})

    async def test_fetching_after_a_crash(self):
        stanza_id = await self.receive("one", "two")
        await self.publish(self.desk, BOB, stanza_id)
        self.server.kill()
        self.server.start()
        new = await self.device("alice", "new")
        self.assertEqual(await self.fetch(new), {BOB: stanza_id})

    async def test_nothing_read_is_no_error(self):
        self.assertEqual(await self.fetch(self.phone), {})

    async def test_positions_do_not_go_back(self):
        first = await self.receive("one")
        second = await self.receive("two")
        await self.publish(self.desk, BOB, second)
        await self.phone.expect(event(BOB, second))
        # Refused: a publication is never answered with a result and dropped.
        refusal = await self.phone.iq("set", self.publication(BOB, first))
        self.assertEqual(refusal.type, "error", refusal)
        self.assertEqual(await self.fetch(self.phone), {BOB: second})

    async def test_ids_that_nobody_here_knows_are_kept_until_better_ones_come(self):
        stanza_id = await self.receive("one")
        await self.publish(self.desk, BOB, "no-such-id")
        self.assertEqual(await self.fetch(self.phone), {BOB: "no-such-id"})
        await self.publish(self.desk, BOB, stanza_id)
        await self.phone.expect(event(BOB, stanza_id))
        self.assertEqual(await self.fetch(self.phone), {BOB: stanza_id})

    async def test_displayed_marker_moves_the_position(self):
        message_id = self.bob.message(
            ALICE, "read me", extra="<markable xmlns='urn:xmpp:chat-markers:0'/>"
        )
        message = await self.desk.expect(body="read me")
        await self.phone.expect(body="read me")
        self.desk.message(
            BOB, None, extra=f"<displayed xmlns='urn:xmpp:chat-markers:0' id='{message_id}'/>"
        )
        marker = await self.bob.expect(ns="urn:xmpp:chat-markers:0")
        self.assertEqual(marker.sender, self.desk.full)
        await self.phone.expect(event(BOB, message.stanza_id))
        self.assertEqual(await self.fetch(self.phone), {BOB: message.stanza_id})

    async def test_notification_is_taken_back(self):
        await self.server.ctl("set", "activeWindow", "1")
        for device in (self.phone, self.desk):
            await self.server.until_session(device.full, active="false")
        self.bob.message(ALICE, "it rings everywhere")
        message = await self.desk.expect(body="it rings everywhere")
        self.assertRings(message, "no-active-client")
        self.assertRings(
            await self.phone.expect(body="it rings everywhere"), "no-active-client"
        )
        await self.publish(self.desk, BOB, message.stanza_id)
        retraction = await self.phone.expect(
            lambda s: s.child("urn:x-swift-mdm:0", "retract") is not None, name="message"
        )
        retract = retraction.child("urn:x-swift-mdm:0", "retract")
        self.assertEqual(retraction.type, "headline")
        self.assertEqual(retract.get("conversation"), BOB)
        self.assertEqual(retract.get("id"), message.stanza_id)

    async def test_what_was_read_elsewhere_says_so_when_it_comes_late(self):
        await self.phone.disconnect()
        phone = await self.quiet_device("alice", "pocket")
        await self.desk.available()
        await phone.sync()
        self.bob.message(ALICE, "one")
        first = await self.desk.expect(body="one")
        await self.publish(self.desk, BOB, first.stanza_id)
        self.bob.message(ALICE, "two")
        await self.desk.expect(body="two")
        await phone.barrier()
        self.assertEqual(phone.bodies(), [])
        phone.active()
        self.assertTrue((await phone.expect(body="one")).is_marked_read)
        self.assertFalse((await phone.expect(body="two")).is_marked_read)
        await phone.expect(event(BOB, first.stanza_id))

    async def test_slixmpp_plugin(self):
        stanza_id = await self.receive("one")
        tablet = await self.device("alice", "tablet", plugins=("xep_0490",))
        await self.publish(self.desk, BOB, stanza_id)
        await tablet.expect(event(BOB, stanza_id))
        caught_up = await tablet.xmpp.plugin["xep_0490"].catch_up()
        items = caught_up["pubsub"]["items"]
        found = {item["id"]: item["displayed"]["stanza_id"]["id"] for item in items}
        self.assertEqual(found, {BOB: stanza_id})

    async def test_events_go_to_who_asked_with_copies_and_without(self):
        stanza_id = await self.receive("one")
        tablet = await self.device("alice", "tablet", carbons=False, plugins=("xep_0490",))
        plain = await self.device("alice", "plain", carbons=False)
        await self.publish(self.desk, BOB, stanza_id)
        await tablet.expect(event(BOB, stanza_id))
        await self.assertNothing(plain, event(BOB, stanza_id))

    async def test_another_conversations_message_is_refused(self):
        stanza_id = await self.receive("one")
        refusal = await self.desk.iq("set", self.publication("carol@localhost", stanza_id))
        self.assertEqual(refusal.condition, "item-not-found")
        self.assertEqual(await self.fetch(self.phone), {})

    async def test_retracting_a_mark(self):
        stanza_id = await self.receive("one")
        await self.publish(self.desk, BOB, stanza_id)
        answer = await self.desk.iq(
            "set",
            f"<pubsub xmlns='{PUBSUB}'><retract node='{NODE}'><item id='{BOB}'/></retract>"
            "</pubsub>",
        )
        self.assertEqual(answer.type, "result", answer)
        self.assertEqual(await self.fetch(self.phone), {})

    async def test_slixmpp_publishes(self):
        stanza_id = await self.receive("one")
        tablet = await self.device("alice", "tablet", plugins=("xep_0490",))
        displayed = tablet.xmpp.plugin["xep_0490"].stanza.Displayed()
        displayed["stanza_id"]["id"] = stanza_id
        displayed["stanza_id"]["by"] = ALICE
        await tablet.xmpp.plugin["xep_0223"].store(displayed, node=NODE, id=BOB)
        await self.phone.expect(event(BOB, stanza_id))


if __name__ == "__main__":
    unittest.main()

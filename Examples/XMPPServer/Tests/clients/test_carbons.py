"""Copies: on, off, kept private, forged (XEP-0280)."""

import unittest

from harness import ServerCase

ALICE = "alice@localhost"
BOB = "bob@localhost"
FORGED = (
    "<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
    "<message xmlns='jabber:client' from='carol@localhost/x' to='alice@localhost' type='chat'>"
    "<body>forged</body></message></forwarded></received>"
)


class Carbons(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bob = await self.device("bob", carbons=False)
        self.phone = await self.device("alice", "phone")
        self.desk = await self.device("alice", "desk")

    async def in_step(self):
        """Everything that anybody has said so far has been acted on and delivered."""
        for client in (self.bob, self.desk, self.phone, self.bob, self.desk, self.phone):
            await client.sync()

    async def test_disabling_ends_the_copies(self):
        self.desk.message(BOB, "one")
        await self.phone.expect(body="one", form="sent")
        await self.phone.disable_carbons()
        await self.server.until_session(self.phone.full, mdm="false")
        self.desk.message(BOB, "two")
        self.bob.message(self.desk.full, "three")
        await self.desk.expect(body="three")
        await self.phone.enable_carbons()
        self.desk.message(BOB, "four")
        await self.phone.expect(body="four", form="sent")
        self.assertEqual(self.phone.bodies(), ["one", "four"])

    async def test_plain_device_gets_what_is_for_the_account_and_decides_itself(self):
        await self.phone.disable_carbons()
        self.bob.message(ALICE, "one")
        self.assertEqual((await self.phone.expect(body="one")).rings, (False, "client-decides"))
        self.assertEqual((await self.desk.expect(body="one")).form, "original")

    async def test_carbons_are_answered_and_announced(self):
        info = await self.desk.iq(
            "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "localhost"
        )
        features = {feature.get("var") for feature in info.xml.iter() if feature.get("var")}
        self.assertIn("urn:xmpp:carbons:2", features)
        # Asking twice is no error.
        await self.desk.enable_carbons()
        await self.desk.disable_carbons()
        await self.desk.disable_carbons()

    async def test_a_failure_is_told_to_whoever_saw_the_message_sent(self):
        error = (
            "<error type='cancel'><not-acceptable "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        )
        sent = self.desk.message(self.bob.full, "one")
        await self.bob.expect(body="one")
        await self.phone.expect(body="one", form="sent")
        # Of what is not known here, and then of what was sent; without the body either time.
        for stanza_id in ("unknown", sent):
            self.bob.send(
                f"<message type='error' to='{self.desk.full}' id='{stanza_id}'>{error}</message>"
            )
            await self.desk.expect(id=stanza_id, type="error")
        failed = await self.phone.expect(name="message", type="error")
        self.assertEqual(failed.form, "received")
        self.assertEqual(failed.inner.id, sent)
        await self.in_step()
        self.assertEqual(len(self.phone.having(name="message", type="error")), 1)

    async def test_private_message_is_not_copied(self):
        private = "<private xmlns='urn:xmpp:carbons:2'/>"
        self.desk.message(BOB, "sent privately", extra=private)
        await self.bob.expect(body="sent privately")
        self.bob.message(self.desk.full, "received privately", extra=private)
        await self.desk.expect(body="received privately")
        self.bob.message(self.desk.full, "open")
        await self.phone.expect(body="open")
        self.assertEqual(self.phone.bodies(), ["open"])

    async def test_no_copy_hint(self):
        hint = "<no-copy xmlns='urn:xmpp:hints'/>"
        self.bob.message(self.desk.full, "for the desk only", extra=hint)
        await self.desk.expect(body="for the desk only")
        self.desk.message(self.bob.full, "from the desk only", extra=hint)
        await self.bob.expect(body="from the desk only")
        self.desk.message(BOB, "open")
        await self.phone.expect(body="open")
        self.assertEqual(self.phone.bodies(), ["open"])

    async def test_forged_wrapper_is_taken_out(self):
        for to in (ALICE, self.phone.full):
            self.bob.message(to, f"with a forgery for {to}", extra=FORGED)
            message = await self.phone.expect(
                lambda s: any("with a forgery" in (b.text or "") for b in s.xml.iter()),
                name="message",
            )
            texts = [element.text for element in message.xml.iter()]
            self.assertNotIn("forged", texts, message)

    async def test_forged_wrapper_alone_is_no_message(self):
        self.bob.message(ALICE, None, extra=FORGED)
        await self.in_step()
        for device in (self.desk, self.phone):
            for stanza in device.all:
                self.assertNotIn("forged", [e.text for e in stanza.xml.iter()], stanza)

    async def test_forged_note_id_and_stamp_are_taken_out(self):
        self.bob.message(
            ALICE, "one",
            extra="<notify xmlns='urn:x-swift-mdm:0' ring='true' why='urgent'/>"
            f"<stanza-id xmlns='urn:xmpp:sid:0' by='{ALICE}' id='forged'/>"
            "<stanza-id xmlns='urn:xmpp:sid:0' by='elsewhere.example' id='theirs'/>",
        )
        message = await self.phone.expect(body="one")
        self.assertEqual(len(message.notes), 1, message)
        self.assertMute(message, "other-client-active")
        by_alice = [i.get("id") for i in message.stanza_ids if i.get("by") == ALICE]
        self.assertEqual(len(by_alice), 1, message)
        self.assertNotEqual(by_alice[0], "forged")
        self.assertIn("theirs", [i.get("id") for i in message.stanza_ids])

    async def test_forged_sender_is_replaced(self):
        self.bob.send(
            f"<message xmlns='jabber:client' type='chat' to='{ALICE}' "
            "from='bob@localhost/desk'><body>own</body></message>"
        )
        self.assertEqual((await self.desk.expect(body="own")).sender, self.bob.full)
        # RFC 6120 §8.1.2.1: another's address ends the stream, or the right one is put there.
        raw = await self.raw("carol").sign_in()
        raw.send(
            f"<message type='chat' to='{ALICE}' from='bob@localhost/desk'><body>as bob</body>"
            f"</message><message type='chat' to='{ALICE}'><body>after</body></message>"
        )
        await raw.wait(
            lambda: raw.is_closed or self.desk.having(body="after"), "an outcome", while_open=False
        )
        await self.desk.sync()
        self.assertNotIn(self.bob.full, [s.sender for s in self.desk.having(body="as bob")])
        if raw.is_closed:
            self.assertEqual(raw.having(name="error")[0].condition, "invalid-from")

    async def test_chat_states_and_receipts_are_copied_and_do_not_ring(self):
        self.bob.chat_state(self.desk.full, "composing")
        copy = await self.phone.expect(ns="http://jabber.org/protocol/chatstates")
        self.assertEqual(copy.form, "received")
        self.assertMute(copy, "not-content")
        self.bob.message(self.desk.full, None, extra="<received xmlns='urn:xmpp:receipts' id='x'/>")
        copy = await self.phone.expect(ns="urn:xmpp:receipts")
        self.assertEqual(copy.form, "received")

    async def test_headline_is_not_copied(self):
        self.bob.message(self.desk.full, "an alert", kind="headline")
        await self.desk.expect(body="an alert")
        self.bob.message(self.desk.full, "chat")
        await self.phone.expect(body="chat")
        self.assertEqual(self.phone.bodies(), ["chat"])

    async def test_writing_to_oneself(self):
        self.desk.message(ALICE, "note to self")
        other = await self.phone.expect(body="note to self")
        self.assertFalse(other.rings[0], other)
        await self.in_step()
        self.assertEqual(self.phone.bodies(), ["note to self"])

    async def test_error_to_the_sender_is_for_the_sender(self):
        self.desk.message("nobody@localhost", "is there anybody?", stanza_id="lost")
        error = await self.desk.expect(type="error", id="lost")
        self.assertEqual(error.condition, "service-unavailable")


if __name__ == "__main__":
    unittest.main()

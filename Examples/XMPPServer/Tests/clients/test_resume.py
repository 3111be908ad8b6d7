"""A connection that is cut: nothing lost, nothing twice, in order (XEP-0198)."""

import unittest

from harness import ServerCase, settings

ALICE = "alice@localhost"
BOB = "bob@localhost"


class Resuming(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bob = await self.device("bob", carbons=False)

    async def flood(self, count, prefix="m", to=ALICE):
        bodies = [f"{prefix} {number:04}" for number in range(count)]
        for body in bodies:
            self.bob.message(to, body)
        await self.bob.sync()
        return bodies

    async def test_slixmpp_resumes(self):
        phone = await self.device("alice", "phone", management=True)
        before = await self.flood(5, "before")
        await phone.expect(body=before[-1])
        phone.cut()
        await phone.closed()
        during = await self.flood(20, "during")
        await phone.connect()
        self.assertEqual(phone.signed_in_by, "session_resumed")
        after = await self.flood(5, "after")
        await phone.expect(body=after[-1])
        self.assertEqual(phone.bodies(), before + during + after)
        # The session is the one it was.
        fields = (await self.server.sessions())[phone.full]
        self.assertEqual((fields["mdm"], fields["mode"]), ("true", "normal"))

    async def test_slixmpp_sends_again_what_was_not_acknowledged(self):
        phone = await self.device("alice", "phone", management=True)
        phone.message(BOB, "arrives")
        await self.bob.expect(body="arrives")
        phone.cut()
        phone.message(BOB, "sent into the void")
        await phone.closed()
        await phone.connect()
        phone.message(BOB, "last")
        await self.bob.expect(body="last")
        self.assertEqual(self.bob.bodies().count("arrives"), 1)
        self.assertEqual(self.bob.bodies()[-1], "last")

    async def test_nothing_is_lost_or_doubled_over_many_cuts(self):
        phone = await self.raw("alice").sign_in(management=True, carbons=True)
        expected = []
        for round in range(6):
            expected += await self.flood(7, f"round {round} live")
            if round % 2:
                await phone.expect(body=expected[-1])
            phone.cut()
            await phone.closed()
            expected += await self.flood(7, f"round {round} away")
            answer = await phone.resume()
            self.assertEqual(answer.name, "resumed", answer)
        expected += await self.flood(1, "last")
        await phone.expect(body=expected[-1])
        self.assertEqual(phone.bodies(), expected)

    async def test_what_was_not_acknowledged_is_sent_again(self):
        phone = await self.raw("alice").sign_in(management=True, carbons=True)
        phone.answers = False
        bodies = await self.flood(10)
        await phone.expect(body=bodies[-1])
        phone.cut()
        await phone.closed()
        answer = await phone.resume(handled=phone.handled - 4)
        self.assertEqual(answer.name, "resumed", answer)
        last = (await self.flood(1, "last"))[0]
        await phone.expect(body=last)
        self.assertEqual(phone.bodies(), bodies + bodies[-4:] + [last])

    async def test_server_tells_how_much_it_has_handled(self):
        phone = await self.raw("alice").sign_in(management=True)
        before = await phone.barrier()
        for number in range(9):
            phone.message(BOB, f"{number}")
        self.assertEqual(await phone.barrier(), before + 9)
        phone.cut()
        await phone.closed()
        answer = await phone.resume()
        self.assertEqual(int(answer.xml.get("h")), before + 9)
        self.assertEqual(answer.xml.get("previd"), phone.resume_id)

    async def test_quiet_device_is_active_after_resuming(self):
        phone = await self.raw("alice", "phone").sign_in(management=True, carbons=True)
        phone.inactive()
        await phone.barrier()
        desk = await self.device("alice", "desk")
        await phone.sync()
        self.bob.message(ALICE, "one")
        await desk.expect(body="one")
        await self.server.until_session(phone.full, mode="quiet", held=1)
        phone.cut()
        await phone.closed()
        self.bob.message(ALICE, "two")
        await desk.expect(body="two")
        self.assertEqual((await phone.resume()).name, "resumed")
        await phone.expect(body="two")
        self.assertEqual(phone.bodies(), ["one", "two"])
        # XEP-0352 §5: the state of the client is not restored.
        fields = (await self.server.sessions())[phone.full]
        self.assertEqual((fields["mode"], fields["mdm"], fields["held"]), ("normal", "true", "0"))

    async def test_unknown_id_fails_and_signing_in_goes_on(self):
        phone = self.raw("alice")
        answer = await phone.resume(previous="no-such-stream", handled=0)
        self.assertEqual((answer.name, answer.condition), ("failed", "item-not-found"))
        bound = await phone.iq("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        self.assertEqual(bound.type, "result", bound)
        enabled = await phone.enable_management()
        self.assertEqual(enabled.name, "enabled")

    async def test_id_of_another_account_fails(self):
        phone = await self.raw("alice").sign_in(management=True)
        phone.cut()
        await phone.closed()
        thief = self.raw("carol")
        answer = await thief.resume(previous=phone.resume_id, handled=phone.handled)
        self.assertEqual((answer.name, answer.condition), ("failed", "item-not-found"))
        self.assertEqual((await phone.resume()).name, "resumed")

    async def test_resuming_before_the_server_has_noticed(self):
        phone = await self.raw("alice").sign_in(management=True, carbons=True)
        first = await self.flood(3, "first")
        await phone.expect(body=first[-1])
        again = self.raw("alice")
        answer = await again.resume(previous=phone.resume_id, handled=phone.handled)
        self.assertEqual(answer.name, "resumed", answer)
        await phone.closed()
        second = await self.flood(3, "second")
        await again.expect(body=second[-1])
        self.assertEqual(phone.bodies() + again.bodies(), first + second)

    async def test_enabling_twice_or_before_binding_is_refused(self):
        early = self.raw("alice", "early")
        await early.negotiate()
        early.send("<enable xmlns='urn:xmpp:sm:3'/>")
        answer = await early.expect(namespace="urn:xmpp:sm:3")
        self.assertEqual((answer.name, answer.condition), ("failed", "unexpected-request"))

    async def test_acknowledging_more_than_was_sent_ends_the_stream(self):
        phone = await self.raw("alice").sign_in(management=True)
        phone.send("<a xmlns='urn:xmpp:sm:3' h='4000000'/>")
        error = await phone.expect(name="error")
        self.assertEqual(error.condition, "undefined-condition")
        counts = error.xml.find("{urn:xmpp:sm:3}handled-count-too-high")
        self.assertEqual(counts.attrib, {"h": "4000000", "send-count": str(phone.handled)})
        await phone.closed()

    @settings(engine__resumeWindow="1")
    async def test_after_the_window_messages_wait_for_the_next_sign_in(self):
        phone = await self.raw("alice").sign_in(management=True, carbons=True)
        phone.cut()
        await phone.closed()
        bodies = await self.flood(5)
        await self.server.until(
            self.server.sessions, lambda all: phone.full not in all, "the end of the session"
        )
        bodies += await self.flood(5, "n")
        answer = await phone.resume()
        self.assertEqual((answer.name, answer.condition), ("failed", "item-not-found"))
        new = await self.device("alice", "new", available=False)
        new.send("<presence xmlns='jabber:client'/>")
        await new.expect(body=bodies[-1])
        self.assertEqual(new.bodies(), bodies)
        for message in new.having(name="message"):
            self.assertIsNotNone(message.delay, message)

    async def test_closed_stream_is_not_resumed(self):
        phone = await self.raw("alice").sign_in(management=True)
        phone.send("</stream:stream>")
        await phone.closed()
        answer = await phone.resume()
        self.assertEqual(answer.name, "failed", answer)

    async def test_stream_without_resumption_is_over_when_cut(self):
        phone = await self.raw("alice").sign_in()
        await phone.enable_management(resume=False)
        phone.cut()
        await phone.closed()
        await self.server.until(
            self.server.sessions, lambda all: phone.full not in all, "the end of the session"
        )
        bodies = await self.flood(3)
        again = await self.raw("alice").sign_in()
        await again.expect(body=bodies[-1])
        self.assertEqual(again.bodies(), bodies)


if __name__ == "__main__":
    unittest.main()

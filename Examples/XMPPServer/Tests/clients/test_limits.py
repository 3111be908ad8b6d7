"""Every limit is enforced, ends with a described error and harms nobody else."""

import asyncio
import unittest

from harness import ServerCase, SignInFailure, settings

ALICE = "alice@localhost"
BOB = "bob@localhost"
HEADER = (
    "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>"
)


class StanzaLimits(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bob = await self.device("bob", carbons=False)
        self.alice = await self.raw("alice").sign_in()

    async def assert_served(self):
        """Somebody else is served as if nothing had happened."""
        await self.bob.sync()

    @settings(stanzaBytes=10000)
    async def test_size(self):
        body = "x" * 9000
        self.alice.message(BOB, body)
        await self.bob.expect(body=body)
        self.alice.message(BOB, "x" * 20000)
        self.assertEqual(await self.alice.stream_error(), "policy-violation")
        await self.assert_served()

    @settings(stanzaBytes=10000)
    async def test_stanza_without_an_end(self):
        self.alice.send(f"<message to='{BOB}'><body>")
        for _ in range(50):
            self.alice.send("y" * 1000)
        self.assertEqual(await self.alice.stream_error(), "policy-violation")
        await self.assert_served()

    @settings(stanzaBytes=10000)
    async def test_attribute_without_an_end(self):
        self.alice.send(f"<message to='{BOB}' id='" + "z" * 50000)
        self.assertEqual(await self.alice.stream_error(), "policy-violation")
        await self.assert_served()

    @settings(depth=20)
    async def test_depth(self):
        fine = "<d xmlns='x'>" * 10 + "</d>" * 10
        self.alice.message(BOB, "fine", extra=fine)
        await self.bob.expect(body="fine")
        self.alice.message(BOB, "deep", extra="<d xmlns='x'>" * 40 + "</d>" * 40)
        self.assertEqual(await self.alice.stream_error(), "policy-violation")
        await self.assert_served()

    @settings(attributes=20)
    async def test_attributes(self):
        def element(count):
            return "<e xmlns='x' " + " ".join(f"a{n}='{n}'" for n in range(count)) + "/>"

        self.alice.message(BOB, "fine", extra=element(10))
        await self.bob.expect(body="fine")
        self.alice.message(BOB, "many", extra=element(100))
        self.assertEqual(await self.alice.stream_error(), "policy-violation")
        await self.assert_served()

    async def test_restricted_xml(self):
        for text in ("<!-- a comment -->", "<?target instruction?>"):
            client = await self.raw("alice", "comment").sign_in()
            client.send(text)
            client.send(" <presence/>")
            self.assertEqual(await client.stream_error(), "restricted-xml", text)
        await self.assert_served()

    async def test_not_well_formed(self):
        for text in ("<message></iq>", "<message", b"<message>\xff\xfe</message>",
                     "<message><body>&undefined;</body></message>", "<a:b/>", "<message a='1' a='2'/>",
                     "<message><body>]]></body></message>"):
            client = await self.raw("alice", "broken").sign_in()
            client.send(text)
            client.send("<<<")
            self.assertIn(
                await client.stream_error(),
                ("not-well-formed", "restricted-xml", "bad-namespace-prefix"), text,
            )
        await self.assert_served()

    async def test_element_of_an_unknown_kind(self):
        self.alice.send("<unknown xmlns='urn:example'/>")
        self.assertEqual(await self.alice.stream_error(), "unsupported-stanza-type")
        await self.assert_served()


class BeforeTheStream(ServerCase):
    """What is said before anybody has signed in."""

    async def assert_served(self):
        await self.device("bob")

    async def test_document_type_and_entities(self):
        laughs = "".join(
            f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" if n else "<!ENTITY l0 'lol'>"
            for n in range(10)
        )
        for text in (
            f"<?xml version='1.0'?><!DOCTYPE stream [{laughs}]>{HEADER}<a>&l9;</a>",
            f"<!DOCTYPE stream SYSTEM 'file:///etc/passwd'>{HEADER}",
            "<!DOCTYPE stream [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        ):
            client = await self.raw("mallory").dial()
            client.send(text)
            self.assertEqual(await client.stream_error(), "restricted-xml")
            self.assertNotIn(b"root:", client.received)
        await self.assert_served()

    async def test_garbage(self):
        for data in (
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 1000, b"\xff" * 1000,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"<" * 5000,
            b"<html>", b"hello\r\nquit\r\n",
        ):
            client = await self.raw("mallory").dial()
            client.send(data)
            await client.closed()
        await self.assert_served()

    async def test_headers(self):
        for header, condition in (
            (HEADER.replace("localhost", "elsewhere.example"), "host-unknown"),
            (HEADER.replace("jabber:client", "jabber:elsewhere"), "invalid-namespace"),
            (HEADER.replace("etherx.jabber.org", "example.org"), "invalid-namespace"),
            (HEADER.replace("stream:stream", "stream:flow"), "invalid-namespace"),
        ):
            client = await self.raw("mallory").dial()
            client.send(header)
            found = await client.stream_error()
            if "flow" in header:
                self.assertIn(found, ("invalid-namespace", "bad-format", "invalid-xml"))
            else:
                self.assertEqual(found, condition, header)
        await self.assert_served()

    async def test_stanza_before_signing_in(self):
        for stanza in (f"<message to='{ALICE}'><body>x</body></message>", "<presence/>"):
            client = self.raw("mallory")
            await client.open()
            client.send(stanza)
            self.assertEqual(await client.stream_error(), "not-authorized")
        await self.assert_served()

    async def test_stanza_before_binding(self):
        client = self.raw("alice")
        await client.negotiate()
        client.send(f"<message to='{BOB}'><body>x</body></message>")
        self.assertEqual(await client.stream_error(), "not-authorized")

    @settings(handshakeTimeout="1s")
    async def test_time_to_sign_in(self):
        served = await self.device("bob")
        mute = await self.raw("mallory").dial()
        half = self.raw("mallory")
        await half.open()
        unbound = self.raw("alice")
        await unbound.negotiate()
        slow = await self.raw("mallory").dial()
        slow.send(HEADER[:20])
        for client in (mute, half, unbound, slow):
            await client.closed()
        # Whoever is signed in stays.
        await served.sync()

    @settings(connectionsPerAddress=3)
    async def test_connections_of_an_address(self):
        first = await self.raw("alice", "a").sign_in()
        second = await self.raw("alice", "b").sign_in()
        third = await self.raw("bob", "c").sign_in()
        refused = await self.raw("mallory").dial()
        refused.send(HEADER)
        await refused.closed()
        for client in (first, second, third):
            await client.sync()
        second.send("</stream:stream>")
        await second.closed()
        fourth = await self.raw("carol", "d").sign_in()
        await fourth.sync()

    @settings(connections=3)
    async def test_connections_altogether(self):
        clients = [await self.raw(name, "a").sign_in() for name in ("alice", "bob", "carol")]
        refused = await self.raw("mallory").dial()
        refused.send(HEADER)
        await refused.closed()
        for client in clients:
            await client.sync()


class Accounts(ServerCase):
    @settings(sessionsPerAccount=2)
    async def test_sessions_of_an_account(self):
        first = await self.raw("alice", "one").sign_in()
        await self.raw("alice", "two").sign_in()
        third = self.raw("alice", "three")
        with self.assertRaises(SignInFailure) as refused:
            await third.sign_in()
        self.assertIn(str(refused.exception), ("resource-constraint", "not-allowed"))
        # Another account has its own sessions; a place that gets free can be taken.
        await self.raw("bob", "three").sign_in()
        first.send("</stream:stream>")
        await first.closed()
        bound = await third.iq("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        self.assertEqual(bound.type, "result", bound)

    @settings(authenticationFailures=3)
    async def test_failures_of_a_connection(self):
        client = self.raw("alice")
        await client.open()
        for attempt in range(3):
            with self.assertRaises(SignInFailure) as failure:
                await client.authenticate(password="wrong")
            self.assertEqual(str(failure.exception), "not-authorized", attempt)
        self.assertEqual(await client.stream_error(), "policy-violation")

    async def test_right_password_after_a_wrong_one_on_the_same_stream(self):
        client = self.raw("alice")
        await client.open()
        with self.assertRaises(SignInFailure):
            await client.authenticate(password="wrong")
        await client.authenticate()
        await client.open()

    async def test_guessing_becomes_slow(self):
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(5):
            client = self.raw("alice")
            await client.open()
            began = loop.time()
            with self.assertRaises(SignInFailure):
                await client.authenticate(password="wrong")
            times.append(loop.time() - began)
            client.cut()
        # Two are free, then every answer waits twice as long: 250, 500, 1000 ms.
        self.assertGreaterEqual(times[2], 0.24)
        self.assertGreaterEqual(times[4], 0.99)

    async def test_unknown_user_fails_like_a_wrong_password(self):
        self.server.passwords["nobody"] = "whatever"
        unknown, known = self.raw("nobody"), self.raw("alice")
        failures = []
        for client in (unknown, known):
            await client.open()
            with self.assertRaises(SignInFailure) as failure:
                await client.authenticate("SCRAM-SHA-256", password="wrong")
            names = [s.name for s in client.all]
            failures.append((str(failure.exception), names))
        self.assertEqual(failures[0], failures[1])


class SlowReader(ServerCase):
    """A client that stops reading; others are served meanwhile."""

    COUNT = 4000
    BODY = "." * 4000

    settings = {"outputBytes": 1 << 18, "stallTimeout": "1s", "stanzaBytes": 1 << 16}

    async def flood(self, receiver):
        """Many messages for somebody who does not read; in between others are served."""
        bob = await self.raw("bob").sign_in()
        carol = await self.device("carol", carbons=False)
        dave = await self.device("bob", "other", carbons=False)
        receiver.pause()
        ids = []
        for number in range(self.COUNT):
            ids.append(bob.message(receiver.full, self.BODY, stanza_id=f"flood-{number}"))
            if number % 500 == 0:
                await bob.sync()
                body = f"in between {number}"
                carol.message(dave.full, body)
                await dave.expect(body=body)
        await bob.sync()
        return ids

    async def test_stream_ends_and_others_are_served(self):
        alice = await self.raw("alice").sign_in(receive_buffer=65536)
        await self.flood(alice)
        await self.server.until(
            self.server.sessions, lambda all: alice.full not in all, "the end of the session"
        )
        alice.go_on()
        await alice.closed()
        errors = alice.having(name="error", namespace="http://etherx.jabber.org/streams")
        for error in errors:
            self.assertIn(
                error.condition, ("policy-violation", "resource-constraint", "connection-timeout")
            )

    async def test_with_stream_management_it_resumes_and_has_everything(self):
        alice = await self.raw("alice").sign_in(
            receive_buffer=65536, management=True, carbons=True
        )
        ids = await self.flood(alice)
        await self.server.until_session(alice.full, peer="none")
        alice.go_on()
        await alice.closed()
        before = len(alice.having(name="message"))
        answer = await alice.resume()
        self.assertEqual(answer.name, "resumed", answer)
        await alice.expect(id=ids[-1], timeout=60)
        received = [s.id for s in alice.having(name="message")]
        self.assertEqual(received, ids, f"{before} before resuming")


class StalledReader(ServerCase):
    """A client that takes nothing for too long, within the limit of bytes."""

    settings = {"stallTimeout": "1s", "outputBytes": 1 << 28, "engine.perSessionLimit": 100000}

    async def test_it_resumes_and_has_everything(self):
        alice = await self.raw("alice").sign_in(
            receive_buffer=65536, management=True, carbons=True
        )
        bob = await self.raw("bob").sign_in()
        alice.pause()
        ids = [
            bob.message(alice.full, "." * 4000, stanza_id=f"flood-{number}")
            for number in range(3000)
        ]
        await bob.sync()
        await self.server.until_session(alice.full, peer="none")
        ids += [bob.message(alice.full, "x", stanza_id=f"late-{number}") for number in range(50)]
        await bob.sync()
        alice.go_on()
        await alice.closed()
        answer = await alice.resume()
        self.assertEqual(answer.name, "resumed", answer)
        await alice.expect(id=ids[-1], timeout=60)
        self.assertEqual([s.id for s in alice.having(name="message")], ids)


class Idle(ServerCase):
    @settings(idleTimeout="1s", stallTimeout="1s")
    async def test_dead_peer_is_found_and_a_living_one_stays(self):
        living = await self.device("alice", "living", management=True)
        dead = await self.raw("alice", "dead").sign_in(management=True)
        dead.answers = False
        await dead.closed()
        await living.sync()



if __name__ == "__main__":
    unittest.main()

"""Signing in with and without TLS (RFC 6120 §5, §6, RFC 5802, RFC 7677, XEP-0368)."""

import ssl
import unittest

from harness import ServerCase, SignInFailure, settings
from harness.client import verifying_context

TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


def mechanisms(features):
    return {e.text for e in features.xml.iter(f"{{{SASL}}}mechanism")}


class Secured(ServerCase):
    settings = {"tls": "required", "listenTLS": "127.0.0.1:0"}

    async def sign_in(self, **options):
        client = await self.client("alice", **options).connect()
        await client.sync()
        return client

    async def test_each_mechanism_over_starttls(self):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", None):
            with self.subTest(mechanism):
                client = await self.sign_in(tls="start", mechanism=mechanism)
                self.assertTrue(client.xmpp.socket.version().startswith("TLSv1."))
                self.assertNotEqual(
                    (await self.server.sessions())[client.full]["tls"], "off"
                )
                await client.disconnect()

    async def test_direct_tls(self):
        client = await self.sign_in(tls="direct")
        await client.disconnect()

    async def test_wrong_password_and_unknown_user(self):
        for name, password in (("alice", "wrong"), ("nobody", "whatever")):
            for mechanism in ("SCRAM-SHA-256", "PLAIN"):
                client = self.client(name, tls="start", mechanism=mechanism, password=password)
                with self.assertRaises(SignInFailure):
                    await client.connect()

    async def test_nothing_but_tls_is_offered_before_tls(self):
        client = self.raw("alice")
        features = await client.open()
        self.assertEqual(mechanisms(features), set())
        self.assertIsNotNone(features.find((TLS, "starttls"), (TLS, "required")))
        await client.start_tls()
        offered = mechanisms(await client.open())
        self.assertTrue({"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"} <= offered, offered)

    async def test_signing_in_without_tls_is_refused(self):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            client = self.raw("alice")
            await client.open()
            with self.assertRaises((SignInFailure, AssertionError)) as refused:
                await client.authenticate(mechanism)
            if isinstance(refused.exception, SignInFailure):
                self.assertIn(
                    str(refused.exception),
                    ("encryption-required", "invalid-mechanism", "not-authorized"),
                )

    async def test_nothing_said_before_tls_counts_after_it(self):
        client = self.raw("alice")
        await client.open()
        # What stands behind the request in the clear may have been put there by anybody.
        client.send(
            f"<starttls xmlns='{TLS}'/><auth xmlns='{SASL}' mechanism='PLAIN'>AGEAYQ==</auth>"
        )
        await client.wait(
            lambda: client.is_closed or client.having(namespace=TLS) != [], "an answer",
            while_open=False,
        )
        if not client.is_closed:
            client.cut()
            await client.closed()
        self.assertEqual(client.having(namespace=SASL), [])

    async def test_channel_binding_of_slixmpp(self):
        context = verifying_context(self.server)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        client = await self.sign_in(tls="start", mechanism="SCRAM-SHA-256-PLUS", context=context)
        await client.disconnect()

    async def test_channel_binding_to_the_certificate(self):
        for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"):
            client = self.raw("alice")
            await client.open()
            await client.start_tls()
            self.assertIn(mechanism, mechanisms(await client.open()))
            await client.authenticate(mechanism, binding=client.server_end_point)
            await client.open()

    async def test_wrong_channel_binding_is_refused(self):
        client = self.raw("alice")
        await client.open()
        await client.start_tls()
        await client.open()
        with self.assertRaises(SignInFailure):
            await client.authenticate(
                "SCRAM-SHA-256-PLUS", binding=("tls-server-end-point", bytes(32))
            )

    async def test_messages_over_tls(self):
        alice = await self.device("alice", tls="start")
        bob = await self.device("bob", tls="direct")
        body = "long " * 20000
        bob.message(alice.full, body)
        self.assertEqual((await alice.expect(name="message")).body, body)

    async def test_old_protocol_versions_are_refused(self):
        context = verifying_context(self.server)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        client = self.raw("alice")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            await client.dial(direct_tls=True, context=context)
        await self.sign_in(tls="direct")

    async def test_plain_text_on_the_tls_port(self):
        client = self.raw("mallory")
        port, self.server.port = self.server.port, self.server.tls_port
        await client.dial()
        self.server.port = port
        client.send("<stream:stream to='localhost' xmlns='jabber:client' version='1.0'>" * 20)
        await client.closed()
        await self.sign_in(tls="direct")

    async def test_resuming_over_tls(self):
        phone = await self.device("alice", "phone", management=True, tls="start")
        bob = await self.device("bob", tls="start")
        phone.cut()
        await phone.closed()
        bob.message("alice@localhost", "while away")
        await bob.sync()
        await phone.connect()
        self.assertEqual(phone.signed_in_by, "session_resumed")
        await phone.expect(body="while away")


class Unsecured(ServerCase):
    """`tls = off`, on loopback."""

    async def test_scram(self):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
            client = await self.client("alice", mechanism=mechanism).connect()
            await client.disconnect()

    async def test_plain_is_neither_offered_nor_taken(self):
        client = self.raw("alice")
        self.assertEqual(mechanisms(await client.open()), {"SCRAM-SHA-256", "SCRAM-SHA-1"})
        with self.assertRaises(SignInFailure) as refused:
            await client.authenticate("PLAIN")
        self.assertIn(str(refused.exception), ("encryption-required", "invalid-mechanism"))

    async def test_unknown_mechanism(self):
        client = self.raw("alice")
        await client.open()
        client.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>=</auth>")
        self.assertEqual((await client.expect(namespace=SASL)).condition, "invalid-mechanism")

    async def test_abort(self):
        client = self.raw("alice")
        await client.open()
        client._auth("SCRAM-SHA-1", b"n,,n=alice,r=nonce")
        await client.expect(namespace=SASL, name="challenge")
        client.send(f"<abort xmlns='{SASL}'/>")
        self.assertEqual((await client.expect(namespace=SASL)).condition, "aborted")

    async def test_malformed_data(self):
        for data in ("!!!", "AAAA", "bixjLG49YWxpY2Uscj14"):
            client = self.raw("alice")
            await client.open()
            client.send(f"<auth xmlns='{SASL}' mechanism='SCRAM-SHA-1'>{data}</auth>")
            self.assertIn(
                (await client.expect(namespace=SASL)).condition,
                ("incorrect-encoding", "malformed-request", "not-authorized"), data,
            )

    async def test_password_beyond_ascii(self):
        self.server.add_account("dora", "pässwörd ☃ Ⅸ")
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
            client = await self.client("dora", mechanism=mechanism).connect()
            await client.disconnect()

    async def test_accounts_are_added_while_the_server_runs(self):
        self.server.add_accounts("erik")
        await self.client("erik").connect()


class Optional(ServerCase):
    settings = {"tls": "optional"}

    async def test_both_ways(self):
        plain = self.raw("alice", "plain")
        features = await plain.open()
        self.assertIsNotNone(features.child(TLS, "starttls"))
        self.assertNotIn("PLAIN", mechanisms(features))
        await self.client("alice", "clear").connect()
        await self.client("alice", "secure", tls="start").connect()


class Registration(ServerCase):
    REGISTER = "jabber:iq:register"

    async def register(self, name, password):
        client = self.raw(name)
        features = await client.open()
        answer = await client.iq(
            "set",
            f"<query xmlns='{self.REGISTER}'><username>{name}</username>"
            f"<password>{password}</password></query>",
        )
        return features, answer

    @settings(registration="on")
    async def test_on(self):
        features, answer = await self.register("newcomer", "newcomer-secret")
        self.assertIsNotNone(features.child("http://jabber.org/features/iq-register", "register"))
        self.assertEqual(answer.type, "result", answer)
        self.server.passwords["newcomer"] = "newcomer-secret"
        await self.client("newcomer").connect()
        for name, password, condition in (
            ("newcomer", "x", "conflict"), ("", "x", "not-acceptable"),
            ("has@at", "x", "not-acceptable"), ("empty", "", "not-acceptable"),
        ):
            _, answer = await self.register(name, password)
            self.assertEqual(answer.type, "error", (name, answer))
            self.assertIn(
                answer.condition, (condition, "jid-malformed", "bad-request", "not-acceptable")
            )

    @settings(registration="on")
    async def test_password_change_and_removal(self):
        client = await self.client("carol").connect()
        answer = await client.iq(
            "set",
            f"<query xmlns='{self.REGISTER}'><username>carol</username>"
            "<password>changed</password></query>", "localhost",
        )
        self.assertEqual(answer.type, "result", answer)
        with self.assertRaises(SignInFailure):
            await self.client("carol", "old").connect()
        again = await self.client("carol", "new", password="changed").connect()
        again.send(
            f"<iq xmlns='jabber:client' type='set' id='bye'><query xmlns='{self.REGISTER}'>"
            "<remove/></query></iq>"
        )
        await again.closed()
        with self.assertRaises(SignInFailure):
            await self.client("carol", "gone", password="changed").connect()

    async def test_off(self):
        client = self.raw("newcomer")
        features = await client.open()
        self.assertIsNone(features.child("http://jabber.org/features/iq-register", "register"))
        client.send(
            f"<iq type='set' id='r'><query xmlns='{self.REGISTER}'><username>newcomer</username>"
            "<password>x</password></query></iq>"
        )
        answer = await client.expect(
            lambda s: s.name == "iq" or s.name == "error"
        )
        self.assertIn(
            answer.condition,
            ("not-authorized", "service-unavailable", "not-allowed", "forbidden"), answer,
        )
        with self.assertRaises(SignInFailure):
            await self.client("newcomer", password="x").connect()


if __name__ == "__main__":
    unittest.main()

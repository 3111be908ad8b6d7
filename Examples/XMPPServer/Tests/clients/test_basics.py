"""What any XMPP server does: contacts, presence, blocking, discovery, personal events."""

import asyncio
import unittest

from harness import DOMAIN, RawClient, ServerCase

ALICE = "alice@localhost"
BOB = "bob@localhost"
ROSTER = "jabber:iq:roster"
DISCO = "http://jabber.org/protocol/disco#info"
PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = "http://jabber.org/protocol/pubsub#event"
CLIENT = "jabber:client"


def items(stanza):
    """The contacts in a roster answer or push, as attributes by address."""
    return {i.get("jid"): dict(i.attrib) for i in stanza.xml.iter(f"{{{ROSTER}}}item")}


class Contacts(ServerCase):
    async def roster(self, client):
        """Asks for the roster, and so for its pushes; returns the items."""
        return items(await client.iq("get", f"<query xmlns='{ROSTER}'/>"))

    def presence(self, client, kind, to):
        client.send(f"<presence xmlns='{CLIENT}' type='{kind}' to='{to}'/>")

    async def befriend(self, one, other):
        """Both see each other's presence."""
        for client, contact in ((one, other), (other, one)):
            self.presence(client, "subscribe", contact.bare)
            await contact.expect(name="presence", type="subscribe", sender=client.bare)
            self.presence(contact, "subscribed", client.bare)
            await client.expect(name="presence", type="subscribed", sender=contact.bare)

    async def push(self, client, contact, **wanted):
        """The push for a contact with these attributes."""
        return await client.expect(
            lambda s: all(items(s).get(contact, {}).get(k) == v for k, v in wanted.items())
            and contact in items(s),
            name="iq", type="set", ns=ROSTER,
        )

    async def test_roster_set_get_and_push_to_two_devices(self):
        phone = await self.device("alice", "phone")
        desk = await self.device("alice", "desk")
        for device in (phone, desk):
            self.assertEqual(await self.roster(device), {})
        answer = await desk.iq(
            "set",
            f"<query xmlns='{ROSTER}'><item jid='{BOB}' name='Bob &amp; Co'><group>Work</group>"
            "<group>Friends</group></item></query>",
        )
        self.assertEqual(answer.type, "result", answer)
        for device in (phone, desk):
            push = await self.push(device, BOB, name="Bob & Co", subscription="none")
            self.assertIn(push.sender, (None, ALICE))
            groups = {g.text for g in push.xml.iter(f"{{{ROSTER}}}group")}
            self.assertEqual(groups, {"Work", "Friends"})
        self.assertIn(BOB, await self.roster(phone))
        answer = await phone.iq(
            "set",
            f"<query xmlns='{ROSTER}'><item jid='{BOB}' subscription='remove'/></query>",
        )
        self.assertEqual(answer.type, "result", answer)
        for device in (phone, desk):
            await self.push(device, BOB, subscription="remove")
        self.assertEqual(await self.roster(desk), {})

    async def test_roster_mistakes(self):
        desk = await self.device("alice")
        for payload in (
            f"<query xmlns='{ROSTER}'/>",
            f"<query xmlns='{ROSTER}'><item jid='{BOB}'/><item jid='carol@localhost'/></query>",
            f"<query xmlns='{ROSTER}'><item/></query>",
            f"<query xmlns='{ROSTER}'><item jid='@@'/></query>",
        ):
            answer = await desk.iq("set", payload)
            self.assertEqual(answer.type, "error", payload)
        answer = await desk.iq(
            "set", f"<query xmlns='{ROSTER}'><item jid='x@y' subscription='remove'/></query>"
        )
        self.assertEqual(answer.condition, "item-not-found")
        answer = await desk.iq("get", f"<query xmlns='{ROSTER}'/>", BOB)
        self.assertEqual(answer.type, "error")

    async def test_subscription_handshake(self):
        alice = await self.device("alice")
        bob = await self.device("bob")
        # slixmpp's own answers would hide what the server does.
        for client in (alice, bob):
            client.xmpp.auto_authorize = None
            client.xmpp.auto_subscribe = None
            await self.roster(client)
        self.presence(alice, "subscribe", BOB)
        await self.push(alice, BOB, ask="subscribe", subscription="none")
        request = await bob.expect(name="presence", type="subscribe")
        self.assertEqual((request.sender, request.to), (ALICE, BOB))
        self.presence(bob, "subscribed", ALICE)
        await self.push(bob, ALICE, subscription="from")
        await self.push(alice, BOB, subscription="to")
        # The presence of whom she may see now comes at once.
        await alice.expect(name="presence", type=None, sender=bob.full)
        self.presence(bob, "subscribe", ALICE)
        await alice.expect(name="presence", type="subscribe", sender=BOB)
        self.presence(alice, "subscribed", BOB)
        await self.push(alice, BOB, subscription="both")
        await self.push(bob, ALICE, subscription="both")
        await bob.expect(name="presence", type=None, sender=alice.full)
        # Both ways.
        alice.xmpp.send_presence(pshow="away")
        await bob.expect(
            lambda s: s.text(CLIENT, "show") == "away", name="presence", sender=alice.full
        )
        bob.xmpp.send_presence(pshow="dnd")
        await alice.expect(
            lambda s: s.text(CLIENT, "show") == "dnd", name="presence", sender=bob.full
        )
        # Until one of them has enough.
        self.presence(bob, "unsubscribed", ALICE)
        await self.push(alice, BOB, subscription="from")
        await alice.expect(name="presence", type="unavailable", sender=bob.full)
        bob.xmpp.send_presence(pshow="xa")
        await bob.sync()
        await alice.sync()
        await self.assertNothing(alice, lambda s: s.text(CLIENT, "show") == "xa")

    async def test_subscription_request_waits_for_somebody_offline(self):
        alice = await self.device("alice")
        self.presence(alice, "subscribe", BOB)
        await alice.sync()
        self.assertEqual(await self.server_restarted(), 0)
        bob = await self.client("bob").connect()
        bob.xmpp.auto_authorize = None
        bob.send(f"<presence xmlns='{CLIENT}'/>")
        request = await bob.expect(name="presence", type="subscribe")
        self.assertEqual(request.sender, ALICE)

    async def server_restarted(self):
        status = await asyncio.to_thread(self.server.stop)
        self.server.start()
        return status

    async def test_presence_is_probed_on_signing_in_and_told_on_signing_out(self):
        alice = await self.device("alice")
        bob = await self.device("bob")
        await self.befriend(alice, bob)
        alice.xmpp.send_presence(pshow="away", pstatus="at lunch")
        await bob.expect(lambda s: s.text(CLIENT, "status") == "at lunch", name="presence")
        second = await self.device("bob", "second", available=False)
        second.send(f"<presence xmlns='{CLIENT}'/>")
        seen = await second.expect(name="presence", type=None, sender=alice.full)
        self.assertEqual(seen.text(CLIENT, "status"), "at lunch")
        await alice.disconnect()
        for client in (bob, second):
            await client.expect(name="presence", type="unavailable", sender=alice.full)

    async def test_own_devices_see_each_other(self):
        phone = await self.device("alice", "phone")
        desk = await self.device("alice", "desk", available=False)
        desk.send(f"<presence xmlns='{CLIENT}'><show>chat</show></presence>")
        await phone.expect(name="presence", type=None, sender=desk.full)
        await desk.expect(name="presence", type=None, sender=phone.full)
        desk.cut()
        await phone.expect(name="presence", type="unavailable", sender=desk.full)

    async def test_strangers_see_nothing(self):
        alice = await self.device("alice")
        carol = await self.device("carol")
        carol.send(f"<presence xmlns='{CLIENT}' type='probe' to='{ALICE}'/>")
        alice.xmpp.send_presence(pshow="dnd")
        for client in (alice, carol, alice, carol):
            await client.sync()
        self.assertEqual(
            [s for s in carol.having(name="presence") if s.type is None and s.sender != carol.full],
            [],
        )

    async def test_directed_presence(self):
        alice = await self.device("alice")
        carol = await self.device("carol")
        alice.send(f"<presence xmlns='{CLIENT}' to='carol@localhost'><show>dnd</show></presence>")
        await carol.expect(name="presence", type=None, sender=alice.full)
        # RFC 6121 §4.6.3: whoever was told is told when she leaves.
        await alice.disconnect()
        await carol.expect(name="presence", type="unavailable", sender=alice.full)


class Blocking(ServerCase):
    async def block(self, client, action, *addresses):
        inner = "".join(f"<item jid='{address}'/>" for address in addresses)
        answer = await client.iq("set", f"<{action} xmlns='urn:xmpp:blocking'>{inner}</{action}>")
        self.assertEqual(answer.type, "result", answer)

    async def test_blocked_user(self):
        alice = await self.device("alice")
        phone = await self.device("alice", "phone")
        bob = await self.device("bob")
        carol = await self.device("carol")
        await alice.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
        await phone.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
        await self.block(alice, "block", BOB)
        push = await phone.expect(name="iq", type="set", ns="urn:xmpp:blocking")
        self.assertEqual([i.get("jid") for i in push.xml.iter("{urn:xmpp:blocking}item")], [BOB])
        # Nothing arrives, and the one who is blocked is told in the way of one who is not there.
        lost = bob.message(ALICE, "let me in")
        error = await bob.expect(type="error", id=lost)
        self.assertEqual(error.condition, "service-unavailable")
        answer = await bob.iq("get", "<ping xmlns='urn:xmpp:ping'/>", alice.full)
        self.assertEqual(answer.condition, "service-unavailable")
        bob.send(f"<presence xmlns='{CLIENT}' to='{ALICE}'/>")
        bob.send(f"<presence xmlns='{CLIENT}' type='subscribe' to='{ALICE}'/>")
        await bob.sync()
        carol.message(ALICE, "from carol")
        await alice.expect(body="from carol")
        await self.assertNothing(alice, lambda s: (s.sender or "").startswith(BOB))
        # Writing to somebody blocked is refused as well (XEP-0191 §3).
        lost = alice.message(BOB, "hello")
        error = await alice.expect(type="error", id=lost)
        self.assertEqual(error.condition, "not-acceptable")
        listed = await alice.iq("get", "<blocklist xmlns='urn:xmpp:blocking'/>")
        self.assertEqual([i.get("jid") for i in listed.xml.iter("{urn:xmpp:blocking}item")], [BOB])
        await self.block(alice, "unblock", BOB)
        bob.message(ALICE, "again")
        await alice.expect(body="again")

    async def test_a_whole_domain_and_everything(self):
        alice = await self.device("alice")
        bob = await self.device("bob")
        await self.block(alice, "block", DOMAIN)
        lost = bob.message(ALICE, "let me in")
        await bob.expect(type="error", id=lost)
        await self.block(alice, "unblock")
        bob.message(ALICE, "again")
        await alice.expect(body="again")

    async def test_mistakes(self):
        alice = await self.device("alice")
        answer = await alice.iq("set", "<block xmlns='urn:xmpp:blocking'/>")
        self.assertEqual(answer.condition, "bad-request")
        answer = await alice.iq(
            "set", "<block xmlns='urn:xmpp:blocking'><item jid='@@'/></block>"
        )
        self.assertIn(answer.condition, ("jid-malformed", "bad-request"))


class Answers(ServerCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.device("alice")

    async def test_discovery(self):
        info = await self.alice.iq("get", f"<query xmlns='{DISCO}'/>", DOMAIN)
        identity = next(info.xml.iter(f"{{{DISCO}}}identity"))
        self.assertEqual((identity.get("category"), identity.get("type")), ("server", "im"))
        features = {f.get("var") for f in info.xml.iter(f"{{{DISCO}}}feature")}
        self.assertTrue(
            {DISCO, "urn:xmpp:carbons:2", "urn:xmpp:ping", "urn:xmpp:blocking",
             "jabber:iq:version"} <= features, features,
        )
        own = await self.alice.iq("get", f"<query xmlns='{DISCO}'/>", ALICE)
        identities = {
            (i.get("category"), i.get("type")) for i in own.xml.iter(f"{{{DISCO}}}identity")
        }
        self.assertIn(("pubsub", "pep"), identities)
        features = {f.get("var") for f in own.xml.iter(f"{{{DISCO}}}feature")}
        self.assertIn("urn:xmpp:mam:2", features)
        rest = await self.alice.iq(
            "get", "<query xmlns='http://jabber.org/protocol/disco#items'/>", DOMAIN
        )
        self.assertEqual(rest.type, "result", rest)

    async def test_ping(self):
        for to in (DOMAIN, None, ALICE):
            answer = await self.alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", to)
            self.assertEqual(answer.type, "result", (to, answer))
        await self.alice.xmpp.plugin["xep_0199"].ping(jid=DOMAIN, timeout=10)

    async def test_version(self):
        answer = await self.alice.iq("get", "<query xmlns='jabber:iq:version'/>", DOMAIN)
        self.assertEqual(answer.type, "result", answer)
        self.assertTrue(answer.find(("jabber:iq:version", "query"), ("jabber:iq:version", "name")
                                    ).text)

    async def test_unknown_requests(self):
        for to in (DOMAIN, None, ALICE, BOB):
            for kind in ("get", "set"):
                answer = await self.alice.iq(kind, "<query xmlns='urn:example:unknown'/>", to)
                self.assertEqual(
                    (answer.type, answer.condition), ("error", "service-unavailable"), (to, kind)
                )

    async def test_malformed_requests(self):
        raw = await self.raw("bob").sign_in()
        raw.send("<iq type='get' id='empty'/>")
        self.assertEqual((await raw.expect(id="empty")).condition, "bad-request")
        raw.send("<iq type='get' id='two'><a xmlns='x'/><b xmlns='x'/></iq>")
        self.assertEqual((await raw.expect(id="two")).condition, "bad-request")
        raw.send("<iq type='nonsense' id='type'><a xmlns='x'/></iq>")
        self.assertEqual((await raw.expect(id="type")).condition, "bad-request")
        raw.send("<message to='@@' id='address'><body>x</body></message>")
        self.assertEqual((await raw.expect(id="address")).condition, "jid-malformed")
        raw.send("<iq type='result' id='unasked'/><iq type='error' id='unasked'/>")
        await raw.sync()
        await self.assertNothing(raw, id="unasked")

    async def test_other_servers_are_not_there(self):
        lost = self.alice.message("someone@elsewhere.example", "hello")
        error = await self.alice.expect(type="error", id=lost)
        self.assertEqual(error.condition, "remote-server-not-found")
        answer = await self.alice.iq("get", "<ping xmlns='urn:xmpp:ping'/>", "elsewhere.example")
        self.assertEqual(answer.condition, "remote-server-not-found")

    async def test_cards(self):
        empty = await self.alice.iq("get", "<vCard xmlns='vcard-temp'/>")
        self.assertIn(
            (empty.type, empty.condition),
            (("result", None), ("error", "item-not-found"), ("error", "service-unavailable")),
        )
        stored = await self.alice.iq("set", "<vCard xmlns='vcard-temp'><FN>Alice</FN></vCard>")
        if stored.type == "result":
            bob = await self.device("bob")
            card = await bob.iq("get", "<vCard xmlns='vcard-temp'/>", ALICE)
            self.assertEqual(
                card.find(("vcard-temp", "vCard"), ("vcard-temp", "FN")).text, "Alice"
            )

    async def test_private_storage(self):
        data = "<storage xmlns='storage:bookmarks'><conference jid='room@example'/></storage>"
        await self.alice.iq("set", f"<query xmlns='jabber:iq:private'>{data}</query>")
        answer = await self.alice.iq(
            "get", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"
        )
        if answer.type == "result":
            found = list(answer.xml.iter("{storage:bookmarks}conference"))
            self.assertEqual([c.get("jid") for c in found], ["room@example"])


class Resources(ServerCase):
    async def test_same_resource_again_ends_the_old_session(self):
        first = await self.raw("alice", "desk").sign_in()
        second = await self.raw("alice", "desk").sign_in()
        self.assertEqual(second.full, first.full)
        self.assertEqual(await first.stream_error(), "conflict")
        await second.sync()

    async def test_server_names_a_device_without_a_name(self):
        names = set()
        for _ in range(2):
            client = self.raw("alice")
            await client.negotiate()
            bound = await client.iq("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
            names.add(next(bound.xml.iter("{urn:ietf:params:xml:ns:xmpp-bind}jid")).text)
        self.assertEqual(len(names), 2)
        self.assertTrue(all(name.startswith(f"{ALICE}/") for name in names))

    async def test_binding_twice(self):
        client = await self.raw("alice").sign_in()
        answer = await client.iq(
            "set",
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>more</resource></bind>",
        )
        self.assertEqual(answer.type, "error", answer)

    async def test_names_are_prepared(self):
        client = RawClient(self.server, "Alice", "Desk Top")
        self._clients.append(client)
        self.server.passwords["Alice"] = self.server.passwords["alice"]
        await client.sign_in()
        self.assertEqual(client.full, "alice@localhost/Desk Top")
        client.message("ALICE@LOCALHOST", "to myself")
        bob = await self.device("bob")
        bob.message("AlIcE@LoCaLhOsT", "prepared")
        await client.expect(body="prepared")


class PersonalEvents(ServerCase):
    NODE = "http://jabber.org/protocol/nick"

    async def publish(self, client, text, item="current"):
        answer = await client.iq(
            "set",
            f"<pubsub xmlns='{PUBSUB}'><publish node='{self.NODE}'><item id='{item}'>"
            f"<nick xmlns='{self.NODE}'>{text}</nick></item></publish></pubsub>",
        )
        self.assertEqual(answer.type, "result", answer)

    async def test_publish_and_retrieve(self):
        alice = await self.device("alice")
        await self.publish(alice, "Ally")
        await self.publish(alice, "Allie")
        other = await self.device("alice", "other")
        answer = await other.iq(
            "get", f"<pubsub xmlns='{PUBSUB}'><items node='{self.NODE}'/></pubsub>"
        )
        nicks = [n.text for n in answer.xml.iter(f"{{{self.NODE}}}nick")]
        self.assertEqual(nicks, ["Allie"])

    async def test_unknown_node(self):
        alice = await self.device("alice")
        answer = await alice.iq(
            "get", f"<pubsub xmlns='{PUBSUB}'><items node='unknown'/></pubsub>"
        )
        self.assertEqual(answer.condition, "item-not-found")

    async def test_strangers_may_not_read(self):
        alice = await self.device("alice")
        await self.publish(alice, "Ally")
        carol = await self.device("carol")
        answer = await carol.iq(
            "get", f"<pubsub xmlns='{PUBSUB}'><items node='{self.NODE}'/></pubsub>", ALICE
        )
        self.assertEqual(answer.type, "error", answer)

    async def test_notification_by_capabilities(self):
        """Whoever announces an interest in a node is told (XEP-0163 §4, XEP-0115)."""
        phone = self.client("alice", "phone", plugins=("xep_0163", "xep_0115"))
        await phone.connect()
        phone.xmpp.plugin["xep_0163"].add_interest(self.NODE)
        await phone.xmpp.plugin["xep_0115"].update_caps()
        phone.xmpp.send_presence()
        # The server may ask what the capabilities mean; slixmpp answers.
        await phone.sync()
        await phone.sync()
        desk = await self.device("alice", "desk")
        await self.publish(desk, "Ally")
        event = await phone.expect(ns=EVENT, name="message")
        self.assertEqual(event.sender, ALICE)
        self.assertEqual([n.text for n in event.xml.iter(f"{{{self.NODE}}}nick")], ["Ally"])


if __name__ == "__main__":
    unittest.main()

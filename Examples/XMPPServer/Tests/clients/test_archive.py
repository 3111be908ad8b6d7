"""The archive (XEP-0313), offline messages (XEP-0160), and what survives the end of the server."""

import asyncio
import datetime
import unittest

from harness import ServerCase, settings

ALICE = "alice@localhost"
BOB = "bob@localhost"
MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
FORWARD = "urn:xmpp:forward:0"
CLIENT = "jabber:client"


def form(**fields):
    """A query form; `with_` stands for `with`."""
    text = "".join(
        f"<field var='{name.rstrip('_')}'>"
        + "".join(f"<value>{v}</value>" for v in ([value] if isinstance(value, str) else value))
        + "</field>"
        for name, value in fields.items()
    )
    return (
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
        f"<value>{MAM}</value></field>{text}</x>"
    )


class Page:
    """The answer to a query."""

    def __init__(self, stanzas, answer):
        self.results = [s.child(MAM, "result") for s in stanzas]
        fin = answer.child(MAM, "fin")
        self.is_complete = fin is not None and fin.get("complete") == "true"
        self.set = None if fin is None else fin.find(f"{{{RSM}}}set")
        self.condition = answer.condition

    @property
    def ids(self):
        return [result.get("id") for result in self.results]

    @property
    def messages(self):
        return [r.find(f"{{{FORWARD}}}forwarded/{{{CLIENT}}}message") for r in self.results]

    @property
    def bodies(self):
        return [message.findtext(f"{{{CLIENT}}}body") for message in self.messages]

    @property
    def stamps(self):
        path = f"{{{FORWARD}}}forwarded/{{urn:xmpp:delay}}delay"
        return [result.find(path).get("stamp") for result in self.results]

    def number(self, name):
        text = self.set.findtext(f"{{{RSM}}}{name}")
        return None if text is None else int(text)

    def bound(self, name):
        return self.set.findtext(f"{{{RSM}}}{name}")


class ArchiveCase(ServerCase):
    async def query(self, client, fields="", rsm=""):
        """Asks the client's own archive."""
        seen = len(client.all)
        page = f"<set xmlns='{RSM}'>{rsm}</set>" if rsm else ""
        answer = await client.iq("set", f"<query xmlns='{MAM}' queryid='q'>{fields}{page}</query>")
        stanzas = [s for s in client.all[seen:] if s.child(MAM, "result") is not None]
        return Page(stanzas, answer)

    async def everything(self, client, page_size=100):
        """All bodies of the archive, page by page."""
        bodies, after = [], ""
        while True:
            page = await self.query(client, rsm=f"<max>{page_size}</max>{after}")
            bodies += page.bodies
            if page.is_complete or not page.results:
                return bodies
            after = f"<after>{page.ids[-1]}</after>"


class Archive(ArchiveCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.device("alice", "desk")
        self.bob = await self.device("bob", carbons=False)
        self.carol = await self.device("carol", carbons=False)
        self.ids = {}
        for number in range(10):
            sender = self.carol if number % 3 == 2 else self.bob
            sender.message(ALICE, f"m{number}")
            self.ids[f"m{number}"] = (await self.alice.expect(body=f"m{number}")).stanza_id
        self.all = [f"m{number}" for number in range(10)]
        self.from_bob = [f"m{number}" for number in range(10) if number % 3 != 2]

    async def test_everything_with_the_ids_of_delivery(self):
        page = await self.query(self.alice)
        self.assertEqual(page.bodies, self.all)
        self.assertEqual(page.ids, [self.ids[body] for body in self.all])
        self.assertTrue(page.is_complete)
        self.assertEqual(page.messages[0].get("from"), self.bob.full)

    async def test_both_sides_have_it(self):
        self.assertEqual((await self.query(self.bob)).bodies, self.from_bob)
        self.alice.message(BOB, "answer")
        await self.bob.expect(body="answer")
        self.assertEqual((await self.query(self.bob)).bodies[-1], "answer")
        self.assertEqual((await self.query(self.alice)).bodies[-1], "answer")

    async def test_with(self):
        self.assertEqual((await self.query(self.alice, form(with_=BOB))).bodies, self.from_bob)
        page = await self.query(self.alice, form(with_=self.bob.full))
        self.assertEqual(page.bodies, self.from_bob)
        page = await self.query(self.alice, form(with_="bob@localhost/elsewhere"))
        self.assertEqual(page.bodies, [])
        self.assertTrue(page.is_complete)

    async def test_ids(self):
        wanted = [self.ids["m3"], self.ids["m7"]]
        self.assertEqual((await self.query(self.alice, form(ids=wanted))).ids, wanted)
        page = await self.query(self.alice, form(ids=[self.ids["m3"], "unknown"]))
        self.assertEqual(page.condition, "item-not-found")

    async def test_before_and_after_an_id(self):
        page = await self.query(self.alice, form(**{"after-id": self.ids["m3"]}))
        self.assertEqual(page.bodies, self.all[4:])
        page = await self.query(self.alice, form(**{"before-id": self.ids["m3"]}))
        self.assertEqual(page.bodies, self.all[:3])

    async def test_time(self):
        stamps = (await self.query(self.alice)).stamps
        self.assertEqual(stamps, sorted(stamps))
        later = (datetime.datetime.utcnow() + datetime.timedelta(hours=1)).isoformat() + "Z"
        self.assertEqual((await self.query(self.alice, form(start=later))).bodies, [])
        self.assertEqual((await self.query(self.alice, form(end=later))).bodies, self.all)
        self.assertEqual((await self.query(self.alice, form(start="2001-01-01T00:00:00Z"))).bodies,
                         self.all)
        self.assertEqual((await self.query(self.alice, form(end="2001-01-01T00:00:00Z"))).bodies,
                         [])

    async def test_first_page_and_the_next(self):
        page = await self.query(self.alice, rsm="<max>4</max>")
        self.assertEqual((page.bodies, page.is_complete), (self.all[:4], False))
        self.assertEqual((page.bound("first"), page.bound("last")), (page.ids[0], page.ids[-1]))
        page = await self.query(self.alice, rsm=f"<max>4</max><after>{page.ids[-1]}</after>")
        self.assertEqual((page.bodies, page.is_complete), (self.all[4:8], False))
        page = await self.query(self.alice, rsm=f"<max>4</max><after>{page.ids[-1]}</after>")
        self.assertEqual((page.bodies, page.is_complete), (self.all[8:], True))

    async def test_last_page_and_the_one_before(self):
        page = await self.query(self.alice, rsm="<max>4</max><before/>")
        self.assertEqual((page.bodies, page.is_complete), (self.all[6:], False))
        page = await self.query(self.alice, rsm=f"<max>4</max><before>{page.ids[0]}</before>")
        self.assertEqual((page.bodies, page.is_complete), (self.all[2:6], False))
        page = await self.query(self.alice, rsm=f"<max>4</max><before>{page.ids[0]}</before>")
        self.assertEqual((page.bodies, page.is_complete), (self.all[:2], True))

    async def test_pages_of_a_conversation(self):
        page = await self.query(self.alice, form(with_=BOB), "<max>3</max><before/>")
        self.assertEqual(page.bodies, self.from_bob[-3:])

    async def test_no_results_wanted(self):
        page = await self.query(self.alice, rsm="<max>0</max>")
        self.assertEqual(page.bodies, [])
        if page.number("count") is not None:
            self.assertEqual(page.number("count"), 10)

    async def test_wrong_queries(self):
        page = await self.query(self.alice, rsm="<max>4</max><after>no-such-id</after>")
        self.assertEqual(page.condition, "item-not-found")
        for fields in (
            form(start="yesterday"), form(with_="@@@"), form(nonsense="1"),
            form(end="2026-99-99T00:00:00Z"),
        ):
            page = await self.query(self.alice, fields)
            self.assertIn(
                page.condition, ("bad-request", "feature-not-implemented", "jid-malformed"), fields
            )
        page = await self.query(self.alice, rsm="<max>many</max>")
        self.assertEqual(page.condition, "bad-request")

    async def test_archive_of_somebody_else(self):
        answer = await self.alice.iq("set", f"<query xmlns='{MAM}'/>", BOB)
        self.assertEqual(answer.type, "error", answer)
        await self.assertNothing(self.alice, lambda s: s.child(MAM, "result") is not None)

    async def test_form(self):
        answer = await self.alice.iq("get", f"<query xmlns='{MAM}'/>")
        fields = {f.get("var") for f in answer.xml.iter("{jabber:x:data}field")}
        self.assertTrue({"FORM_TYPE", "with", "start", "end"} <= fields, fields)

    async def test_slixmpp_iterates(self):
        mam = self.alice.xmpp.plugin["xep_0313"]
        bodies = [
            m["mam_result"]["forwarded"]["stanza"]["body"]
            async for m in mam.iterate(rsm={"max": 3})
        ]
        self.assertEqual(bodies, self.all)

    async def test_hints_and_chat_states_are_not_archived(self):
        self.bob.message(ALICE, "secret", extra="<no-store xmlns='urn:xmpp:hints'/>")
        self.bob.chat_state(ALICE, "composing")
        await self.alice.expect(body="secret")
        self.assertEqual((await self.query(self.alice)).bodies, self.all)

    async def test_what_has_no_body_is_found_by_a_device_that_was_away(self):
        reaction = (
            "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>+1</reaction></reactions>"
        )
        kept = [
            self.bob.message(ALICE, None, extra=extra)
            for extra in (
                reaction,
                "<received xmlns='urn:xmpp:receipts' id='m1'/>",
                "<finish xmlns='urn:xmpp:jingle-message:0' id='c'/>",
                "<y xmlns='urn:y'/><store xmlns='urn:xmpp:hints'/>",
            )
        ]
        self.bob.message(ALICE, None, extra=reaction + "<no-store xmlns='urn:xmpp:hints'/>")
        await self.bob.sync()
        phone = await self.device("alice", "phone")
        messages = (await self.query(phone)).messages
        found = [m.get("id") for m in messages if m.find("{jabber:client}body") is None]
        self.assertEqual(found, kept)

    async def test_quiet_device_is_flushed_by_its_query(self):
        phone = await self.quiet_device("alice")
        await self.alice.available()
        await phone.sync()
        self.bob.message(ALICE, "held")
        await self.alice.expect(body="held")
        await phone.barrier()
        self.assertEqual(phone.bodies(), [])
        page = await self.query(phone)
        self.assertEqual(page.bodies, [*self.all, "held"])
        self.assertEqual(phone.bodies(), ["held"])


class Offline(ArchiveCase):
    async def test_messages_wait_for_the_next_sign_in(self):
        bob = await self.device("bob", carbons=False)
        bodies = [f"offline {number}" for number in range(20)]
        for body in bodies:
            bob.message(ALICE, body)
        bob.chat_state(ALICE, "composing")
        bob.message(ALICE, "alert", kind="headline")
        await bob.sync()
        alice = await self.raw("alice").sign_in(management=True)
        await alice.expect(body=bodies[-1])
        self.assertEqual(alice.bodies(), bodies)
        for message in alice.having(name="message"):
            self.assertIsNotNone(message.delay)
            self.assertEqual(len(message.stanza_ids), 1)
        # Once is enough.
        await alice.sync()
        alice.acknowledge()
        await alice.sync()
        second = await self.raw("alice", "second").sign_in()
        await second.sync()
        self.assertEqual(second.bodies(), [])

    async def test_negative_priority_gets_none(self):
        bob = await self.device("bob", carbons=False)
        bob.message(ALICE, "offline")
        await bob.sync()
        shy = await self.raw("alice", "shy").sign_in(available=False)
        shy.send("<presence><priority>-1</priority></presence>")
        await shy.sync()
        self.assertEqual(shy.bodies(), [])
        ready = await self.raw("alice", "ready").sign_in()
        await ready.expect(body="offline")

    async def test_unacknowledged_offline_messages_are_not_lost(self):
        bob = await self.device("bob", carbons=False)
        bodies = [f"offline {number}" for number in range(5)]
        for body in bodies:
            bob.message(ALICE, body)
        await bob.sync()
        alice = await self.raw("alice", "x").sign_in(management=True, available=False)
        alice.answers = False
        alice.send("<presence/>")
        await alice.expect(body=bodies[-1])
        alice.cut()
        await alice.closed()
        await self.server.ctl("end", alice.full)
        again = await self.raw("alice", "x").sign_in()
        await again.expect(body=bodies[-1])
        self.assertEqual(again.bodies(), bodies)

    @settings(archive="off")
    async def test_offline_messages_without_an_archive(self):
        bob = await self.device("bob", carbons=False)
        bob.message(ALICE, "offline")
        await bob.sync()
        alice = await self.raw("alice").sign_in()
        self.assertIsNotNone((await alice.expect(body="offline")).delay)
        page = await self.query(alice)
        self.assertEqual(page.bodies, [])


class EndOfTheServer(ArchiveCase):
    async def sent_until_killed(self, bob, alive_until):
        """Bob sends with acknowledgements until the server is gone; what it has acknowledged."""
        before = await bob.barrier()
        acknowledged = 0
        sent = []
        while not bob.is_closed:
            for _ in range(10):
                body = f"flood {len(sent):05}"
                sent.append(body)
                bob.message(ALICE, body)
            try:
                acknowledged = await bob.barrier() - before
            except AssertionError:
                break
            if acknowledged >= alive_until and self.server.process is not None:
                # More is on its way when the power fails.
                for _ in range(50):
                    body = f"flood {len(sent):05}"
                    sent.append(body)
                    bob.message(ALICE, body)
                bob.send("<r xmlns='urn:xmpp:sm:3'/>")
                self.server.kill()
                await bob.closed()
        answers = bob.having(name="a", namespace="urn:xmpp:sm:3")
        return sent[: int(answers[-1].xml.get("h")) - before], sent

    async def test_killed_in_a_flood_with_the_receiver_online(self):
        bob = await self.raw("bob").sign_in(management=True)
        alice = await self.raw("alice").sign_in(management=True, carbons=True)
        acknowledged, sent = await self.sent_until_killed(bob, 300)
        await alice.closed()
        delivered = alice.bodies("flood")
        self.assertEqual(delivered, sent[: len(delivered)])
        self.server.start()
        again = await self.raw("alice").sign_in(management=True)
        archived = await self.everything(again)
        self.assertEqual(archived, sent[: len(archived)])
        self.assertGreaterEqual(len(archived), len(acknowledged))
        self.assertGreaterEqual(len(archived), len(delivered))

    async def test_killed_in_a_flood_with_the_receiver_offline(self):
        bob = await self.raw("bob").sign_in(management=True)
        acknowledged, sent = await self.sent_until_killed(bob, 300)
        self.server.start()
        alice = await self.raw("alice").sign_in(management=True)
        if acknowledged:
            await alice.expect(body=acknowledged[-1])
        await alice.sync()
        received = alice.bodies("flood")
        self.assertEqual(received, sent[: len(received)])
        self.assertGreaterEqual(len(received), len(acknowledged))
        self.assertEqual(await self.everything(alice), received)

    async def test_ids_go_on_after_a_crash(self):
        bob = await self.device("bob", carbons=False)
        alice = await self.device("alice")
        bob.message(ALICE, "before")
        before = (await alice.expect(body="before")).stanza_id
        self.server.kill()
        self.server.start()
        bob = await self.device("bob", carbons=False)
        alice = await self.device("alice")
        bob.message(ALICE, "after")
        after = (await alice.expect(body="after")).stanza_id
        self.assertNotEqual(before, after)
        self.assertEqual((await self.query(alice)).ids, [before, after])

    async def test_held_messages_survive_an_orderly_end(self):
        bob = await self.raw("bob").sign_in()
        phone = await self.raw("alice", "phone").sign_in(management=True, carbons=True)
        phone.inactive()
        await phone.barrier()
        desk = await self.device("alice", "desk")
        await phone.sync()
        bodies = [f"held {number}" for number in range(10)]
        for body in bodies:
            bob.message(ALICE, body)
        await desk.expect(body=bodies[-1])
        await self.server.until_session(phone.full, held=10)
        self.assertEqual(await orderly_end(self.server), 0)
        await phone.closed()
        self.server.start()
        again = await self.raw("alice", "phone").sign_in(management=True)
        await again.sync()
        # Handed over at the end or kept for the next time, and never twice.
        self.assertEqual(phone.bodies() + again.bodies(), bodies)

    async def test_messages_for_a_lost_connection_survive_an_orderly_end(self):
        bob = await self.raw("bob").sign_in()
        phone = await self.raw("alice", "phone").sign_in(management=True, carbons=True)
        phone.cut()
        await phone.closed()
        bodies = [f"away {number}" for number in range(10)]
        for body in bodies:
            bob.message(ALICE, body)
        await bob.sync()
        self.assertEqual(await orderly_end(self.server), 0)
        self.server.start()
        again = await self.raw("alice", "phone").sign_in(management=True)
        await again.expect(body=bodies[-1])
        self.assertEqual(again.bodies(), bodies)

    async def test_streams_end_with_an_error(self):
        client = await self.raw("alice").sign_in()
        ended = asyncio.create_task(orderly_end(self.server))
        self.assertEqual(await client.stream_error(), "system-shutdown")
        self.assertEqual(await ended, 0)


async def orderly_end(server):
    """Ends the server while the clients' connections live on."""
    return await asyncio.to_thread(server.stop)


if __name__ == "__main__":
    unittest.main()

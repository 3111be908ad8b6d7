"""A recorded day replayed faster: what reaches a quiet phone, when, and whether all of it does."""

import asyncio
import json
import re
import statistics
import time
import xml.etree.ElementTree as ElementTree

from .client import connect
from .load import Deliveries
from .servers import DOMAIN

# A radio stays on for so long after a read; a later read is a wake-up.
TAIL = 10
CLIENT = "{jabber:client}"
MESSAGE = re.compile(r"ldq-im-\d+")
STREAM = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
SETTLE = 3


def read_day(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


class Participant:
    """One session of the day: reads, parses and answers."""

    def __init__(self, client):
        self.client = client
        self.parser = ElementTree.XMLPullParser(["start", "end"])
        self.parser.feed(STREAM)
        self.depth = 0
        self.root = None
        self.reads = []
        self.arrivals = []

    def listen(self):
        self.client.listen(self.take)

    def take(self, data, instant):
        self.reads.append((instant, len(data)))
        self.parser.feed(data)
        if hasattr(self.parser, "flush"):
            self.parser.flush()
        for event, element in self.parser.read_events():
            if event == "start":
                self.depth += 1
                if self.depth == 1:
                    self.root = element
            else:
                self.depth -= 1
                if self.depth == 1:
                    self.handle(element, instant)
                    self.root.clear()

    def handle(self, element, instant):
        if element.tag == CLIENT + "iq" and element.get("type") in ("get", "set"):
            self.answer(element)
        elif element.tag == CLIENT + "message":
            # The message itself, or the one that a carbon copy wraps.
            for message in element.iter(CLIENT + "message"):
                name = message.get("id") or ""
                if message.find(CLIENT + "body") is not None and MESSAGE.fullmatch(name):
                    self.arrivals.append((instant, name))

    def answer(self, request):
        """No client leaves a request unanswered; these clients can nothing."""
        answer = ElementTree.Element("iq", {"type": "error", "id": request.get("id", "")})
        if request.get("from"):
            answer.set("to", request.get("from"))
        error = ElementTree.SubElement(answer, "error", {"type": "cancel"})
        condition = "{urn:ietf:params:xml:ns:xmpp-stanzas}service-unavailable"
        ElementTree.SubElement(error, condition)
        self.client.send(ElementTree.tostring(answer))


class Day:
    """The day against one server, `speed` times faster."""

    def __init__(self, server, events, speed):
        self.server = server
        self.events = events
        self.speed = speed
        self.participants = {}
        self.sent = {}
        self.quiet = []
        self.began = None

    @staticmethod
    def accounts(events):
        names = {event["actor"].split("/")[0] for event in events}
        return sorted(names | {f"c{number:02d}" for number in range(40)})

    async def log_in(self):
        actors = {event["actor"] for event in self.events}
        actors |= set(self.accounts(self.events)) - {"alice"}
        for actor in sorted(actors):
            name, _, resource = actor.partition("/")
            client = await connect(self.server, name, resource or "desk")
            if name == "alice":
                await client.enable_carbons()
            else:
                # The day holds what contacts tell Alice; that they are there is told here.
                client.become_available(0 if resource else 5)
                await client.settle()
            self.participants[actor] = Participant(client)
        for participant in self.participants.values():
            participant.listen()

    def fill(self, xml):
        """The recorded text with real addresses in place of its placeholders."""
        phone = self.participants["alice/phone"].client.jid.split("/", 1)[1]
        laptop = self.participants["alice/laptop"].client.jid.split("/", 1)[1]
        xml = xml.replace("ALICE@DOMAIN/PHONE", f"alice@{DOMAIN}/{phone}")
        xml = xml.replace("ALICE@DOMAIN/LAPTOP", f"alice@{DOMAIN}/{laptop}")
        xml = xml.replace("ALICE@DOMAIN", f"alice@{DOMAIN}")
        return re.sub(r"C(\d\d)@DOMAIN", rf"c\1@{DOMAIN}", xml).encode()

    async def replay(self):
        await self.log_in()
        await asyncio.sleep(1)
        rendered = [self.fill(event["xml"]) for event in self.events]
        self.began = time.monotonic()
        for event, xml in zip(self.events, rendered):
            wait = self.began + event["t"] / self.speed - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.participants[event["actor"]].client.send(xml)
            now = time.monotonic()
            if event["kind"] == "im":
                self.sent[event["mid"]] = (event, now)
            elif event["kind"] == "csi":
                self.note_quiet(event["state"] == "inactive", now)
        end = time.monotonic()
        self.note_quiet(False, end)
        self.participants["alice/phone"].client.become_active()
        await asyncio.sleep(SETTLE)
        for participant in self.participants.values():
            participant.client.check()
        result = self.evaluate()
        for participant in self.participants.values():
            await participant.client.close()
        return result

    def note_quiet(self, begins, instant):
        if begins:
            self.quiet.append([instant, None])
        elif self.quiet and self.quiet[-1][1] is None:
            self.quiet[-1][1] = instant

    def quiet_span(self, instant):
        for begin, end in self.quiet:
            if begin <= instant < end:
                return begin, end
        return None

    def evaluate(self):
        tail = TAIL / self.speed
        wake_ups = reads = volume = 0
        radio = 0.0
        last = off = None
        phone = self.participants["alice/phone"]
        for instant, size in phone.reads:
            span = self.quiet_span(instant)
            if span:
                reads += 1
                volume += size
                wake_ups += last is None or instant - last > tail
                # Tails overlap; what an earlier read keeps the radio on for is counted once.
                begin = instant if off is None else max(instant, off)
                off = min(instant + tail, span[1])
                radio += max(0.0, off - begin)
            last = instant
        delays = [
            (instant - self.sent[name][1]) * self.speed
            for instant, name in phone.arrivals
            if name in self.sent
            and self.sent[name][0]["dir"] == "in"
            and self.quiet_span(self.sent[name][1])
        ]
        return {
            "wake_ups": wake_ups,
            "radio_s": radio * self.speed,
            "reads": reads,
            "bytes": volume,
            "quiet_s": sum(end - begin for begin, end in self.quiet) * self.speed,
            "im_delay_s": statistics.median(delays) if delays else None,
            "im_delay_max_s": max(delays) if delays else None,
        }, self.check()

    def check(self):
        """Every message with a body: at Alice's devices, the sender aside, and at the contact."""
        deliveries = Deliveries()
        for device in ("alice/laptop", "alice/phone"):
            for sender in sorted({event["actor"] for event, _ in self.sent.values()} - {device}):
                self.compare(deliveries, [device], lambda event: event["actor"] == sender)
        for name in self.accounts(self.events):
            sessions = [actor for actor in self.participants if actor.split("/")[0] == name]
            if name != "alice":
                for sender in ("alice/laptop", "alice/phone"):
                    self.compare(
                        deliveries,
                        sessions,
                        lambda event: event["actor"] == sender
                        and f"'{name.upper()}@DOMAIN'" in event["xml"],
                    )
        return deliveries

    def unshared(self, session, sessions):
        """What arrived at a session, without what an earlier one of the contact's has as well.

        A server may give a message to all of a contact's devices or to one (RFC 6121 §8.5.2.1.1).
        """
        earlier = sessions[: sessions.index(session)]
        shared = {name for other in earlier for _, name in self.participants[other].arrivals}
        return [arrival for arrival in self.participants[session].arrivals if arrival[1] not in shared]

    def compare(self, deliveries, sessions, chosen):
        """What `sessions` together have of the chosen messages; a contact's are not copied."""
        expected = [name for name, (event, _) in self.sent.items() if chosen(event)]
        if not expected:
            return
        wanted = set(expected)
        # What one read brought has one instant and keeps its order.
        arrivals = sorted(
            (
                arrival
                for session in sessions
                for arrival in self.unshared(session, sessions)
            ),
            key=lambda arrival: arrival[0],
        )
        deliveries.note(expected, [name for _, name in arrivals if name in wanted])


async def measure(servers, events, speed):
    """The day against all servers side by side: it hardly uses a processor, but takes long."""
    days = [Day(server, events, speed) for server in servers]
    answers = await asyncio.gather(*(day.replay() for day in days), return_exceptions=True)
    return {server.name: answer for server, answer in zip(servers, answers)}

#!/usr/bin/env python3
"""A device to look at: signs in, and says of everything that comes whether it rings, and why.

    tools/watch.py alice@localhost/phone --password-file FILE [--server 127.0.0.1:5222] [--ca FILE]

Lines that are typed are sent to whoever was last named with /to; the commands are

    /to ADDRESS     whom the next lines go to
    /read           everything from the other side has been read here
    /quiet, /back   the device goes to the background, and comes back (XEP-0352)
    /silent, /loud  never ring here; ring again
    /away, /here    presence
    /quit
"""
import argparse
import asyncio
import os
import sys
import xml.etree.ElementTree as ET

import slixmpp

OURS = "urn:x-swift-mdm:0"
CARBONS = "urn:xmpp:carbons:2"
FORWARD = "urn:xmpp:forward:0"
CLIENT = "jabber:client"
IDS = "urn:xmpp:sid:0"
DISPLAYED = "urn:xmpp:mds:displayed:0"
PUBSUB = "http://jabber.org/protocol/pubsub"
STATE = "urn:xmpp:csi:0"
DELAY = "urn:xmpp:delay"


def tag(namespace, name):
    return f"{{{namespace}}}{name}"


class Device(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca):
        super().__init__(jid, password)
        if ca:
            self.ca_certs = ca
        self.peer = None
        self.latest = {}
        self.unread = b""
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_auth", lambda _: self.leave("the password is not right"))
        self.add_event_handler("disconnected", lambda _: self.leave("disconnected"))
        self.done = asyncio.get_event_loop().create_future()
        self.register_handler(
            slixmpp.xmlstream.handler.Callback(
                "everything", slixmpp.xmlstream.matcher.MatchXPath(tag(CLIENT, "message")),
                lambda stanza: self.message(stanza.xml)))

    def leave(self, reason):
        if not self.done.done():
            self.done.set_result(reason)

    async def started(self, _):
        self.send_presence()
        await self.get_roster()
        self.request("<enable xmlns='%s'/>" % CARBONS)
        print(f"signed in as {self.boundjid.full}; /to ADDRESS, then type", flush=True)

    def request(self, xml, to=None):
        address = f" to='{to}'" if to else ""
        self.send_raw(f"<iq type='set' id='watch-{id(xml)}'{address}>{xml}</iq>")

    # What comes

    def message(self, xml):
        event = xml.find(tag(f"{PUBSUB}#event", "event"))
        if event is not None:
            return self.marker(event)
        retract = xml.find(tag(OURS, "retract"))
        if retract is not None:
            return print(f"     -  {retract.get('conversation')}: take the notification back")
        notify = xml.find(tag(OURS, "notify"))
        inner, kind = xml, ""
        for name in ("received", "sent"):
            wrapper = xml.find(f"{tag(CARBONS, name)}/{tag(FORWARD, 'forwarded')}/{tag(CLIENT, 'message')}")
            if wrapper is not None:
                inner, kind = wrapper, f" ({name} copy)"
        body = inner.findtext(tag(CLIENT, "body"))
        if body is None:
            return
        sender = inner.get("from", "")
        other = inner.get("to") if kind == " (sent copy)" else sender
        stable = inner.find(tag(IDS, "stanza-id"))
        if stable is not None and kind != " (sent copy)":
            self.latest[slixmpp.JID(other).bare] = stable
        rings = notify is not None and notify.get("ring") == "true"
        why = notify.get("why") if notify is not None else "?"
        late = " (held back)" if inner.find(tag(DELAY, "delay")) is not None else ""
        print(f"{'RING' if rings else 'mute'} {why:20} {sender}{kind}{late}: {body}", flush=True)
        if self.peer is None and kind != " (sent copy)":
            self.peer = slixmpp.JID(sender).bare

    def marker(self, event):
        for item in event.iter(tag(f"{PUBSUB}#event", "item")):
            print(f"     -  {item.get('id')}: read up to "
                  f"{item.find('.//' + tag(IDS, 'stanza-id')).get('id')} elsewhere", flush=True)

    # What is typed

    def readable(self):
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            asyncio.get_event_loop().remove_reader(sys.stdin)
        self.unread += data
        *lines, self.unread = self.unread.split(b"\n")
        for line in lines:
            self.typed(line.decode("utf-8", "replace"))

    def typed(self, line):
        command, _, rest = line.partition(" ")
        if command == "/to":
            self.peer = rest.strip()
        elif command == "/quit":
            self.disconnect()
        elif command == "/read":
            self.read()
        elif command in ("/quiet", "/back"):
            name = "inactive" if command == "/quiet" else "active"
            self.send_raw(f"<{name} xmlns='{STATE}'/>")
        elif command in ("/silent", "/loud"):
            value = "silent" if command == "/silent" else "normal"
            self.request(f"<mode xmlns='{OURS}' value='{value}'/>")
        elif command in ("/away", "/here"):
            self.send_presence(pshow="away" if command == "/away" else None)
        elif line.startswith("/"):
            print("there are /to /read /quiet /back /silent /loud /away /here /quit")
        elif line and self.peer:
            self.send_message(mto=self.peer, mbody=line, mtype="chat")
        elif line:
            print("to whom? /to ADDRESS")

    def read(self):
        for peer, stable in self.latest.items():
            item = ET.tostring(stable, encoding="unicode")
            self.request(
                f"<pubsub xmlns='{PUBSUB}'><publish node='{DISPLAYED}'><item id='{peer}'>"
                f"<displayed xmlns='{DISPLAYED}'>{item}</displayed></item></publish></pubsub>")


async def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--server", default="127.0.0.1:5222")
    parser.add_argument("--ca", help="the certificate to trust, such as xmpp-data/localhost.crt")
    arguments = parser.parse_args()
    with open(arguments.password_file, encoding="utf-8") as file:
        password = file.readline().rstrip("\n")
    host, _, port = arguments.server.rpartition(":")
    device = Device(arguments.address, password, arguments.ca)
    device.connect(host=host, port=int(port))
    loop = asyncio.get_event_loop()
    loop.add_reader(sys.stdin, device.readable)
    print(await device.done)


if __name__ == "__main__":
    asyncio.get_event_loop().run_until_complete(main())

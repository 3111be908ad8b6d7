"""A client that costs little: bytes rendered before, answers looked for by pattern."""

import asyncio
import base64
import functools
import hashlib
import hmac
import os
import re
import time

from .servers import DOMAIN, PASSWORD

PATIENCE = 30
FEATURES = re.compile(rb"<stream:features\b[^>]*?(?:/>|>.*?</stream:features>)", re.S)
SASL = re.compile(rb"<(challenge|success|failure)\b[^>]*?(?:/>|>(.*?)</\1>)", re.S)
SM_ANSWER = re.compile(rb"<(enabled|failed)\b[^>]*?(?:/>|>)")


class ClientFailure(Exception):
    """A server's answer was not what the client asked for."""


@functools.lru_cache(maxsize=64)
def salted_password(salt, iterations):
    return hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, iterations)


class Client(asyncio.Protocol):
    """One logged-in stream. After login every read goes to `on_data(bytes, instant)`."""

    def __init__(self):
        self.buffer = bytearray()
        self.pattern = None
        self.waiter = None
        self.on_data = None
        self.transport = None
        self.jid = None
        self.mechanism = None
        self.lost = None
        self.serial = 0

    # Transport

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if self.on_data is not None:
            self.on_data(data, time.monotonic())
            return
        self.buffer += data
        self.look()

    def connection_lost(self, error):
        self.lost = error or ClientFailure("the server closed the connection")
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(ClientFailure(str(self.lost)))

    def send(self, data):
        self.transport.write(data)

    def look(self):
        if self.waiter is None or self.waiter.done():
            return
        match = self.pattern.search(self.buffer)
        if match:
            groups = (bytes(match.group(0)), *(bytes(group or b"") for group in match.groups()))
            del self.buffer[: match.end()]
            self.waiter.set_result(groups)

    async def expect(self, pattern):
        """The first match and its groups; everything up to its end is consumed."""
        self.pattern = pattern
        self.waiter = asyncio.get_running_loop().create_future()
        self.look()
        try:
            return await asyncio.wait_for(self.waiter, PATIENCE)
        except asyncio.TimeoutError:
            seen = bytes(self.buffer[:500])
            raise ClientFailure(f"no {pattern.pattern!r} in {PATIENCE} s, but {seen!r}") from None

    # Login

    async def open_stream(self):
        self.send(
            b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
            b"xmlns:stream='http://etherx.jabber.org/streams' to='" + DOMAIN.encode() + b"'>"
        )
        return (await self.expect(FEATURES))[0]

    async def authenticate(self, name, features):
        offered = re.findall(rb"<mechanism>([^<]*)</mechanism>", features)
        if b"SCRAM-SHA-1" in offered:
            self.mechanism = "SCRAM-SHA-1"
            await self.authenticate_scram(name)
        elif b"PLAIN" in offered:
            self.mechanism = "PLAIN"
            self.send(sasl("auth", f"\0{name}\0{PASSWORD}".encode(), "PLAIN"))
            await self.sasl_step(b"success")
        else:
            raise ClientFailure(f"no mechanism that this client knows: {offered}")

    async def authenticate_scram(self, name):
        """RFC 5802 without channel binding."""
        nonce = base64.b64encode(os.urandom(18)).decode()
        bare = f"n={name},r={nonce}"
        self.send(sasl("auth", f"n,,{bare}".encode(), "SCRAM-SHA-1"))
        first = base64.b64decode(await self.sasl_step(b"challenge")).decode()
        fields = dict(field.split("=", 1) for field in first.split(","))
        salted = salted_password(base64.b64decode(fields["s"]), int(fields["i"]))
        final = f"c=biws,r={fields['r']}"
        signed = f"{bare},{first},{final}".encode()
        key = hmac.digest(salted, b"Client Key", "sha1")
        signature = hmac.digest(hashlib.sha1(key).digest(), signed, "sha1")
        proof = bytes(left ^ right for left, right in zip(key, signature))
        final += ",p=" + base64.b64encode(proof).decode()
        self.send(sasl("response", final.encode()))
        success = base64.b64decode(await self.sasl_step(b"success"))
        expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha1"), signed, "sha1")
        if success != b"v=" + base64.b64encode(expected):
            raise ClientFailure(f"{name}: the server does not know the password")

    async def sasl_step(self, wanted):
        whole, kind, content = await self.expect(SASL)
        if kind != wanted:
            raise ClientFailure(f"instead of {wanted!r} the server answered {whole!r}")
        return content

    async def request(self, kind, payload, to=None):
        """Sends an iq and returns the answer, a result or an error."""
        self.serial += 1
        name = f"q{self.serial}".encode()
        address = b" to='" + to + b"'" if to else b""
        head = b"<iq type='" + kind + b"' id='" + name + b"'" + address + b">"
        self.send(head + payload + b"</iq>")
        answer = rb"<iq\b[^>]*\bid=['\"]" + name + rb"['\"][^>]*?(?:/>|>.*?</iq>)"
        return (await self.expect(re.compile(answer, re.S)))[0]

    async def demand(self, payload):
        answer = await self.request(b"set", payload)
        if not re.match(rb"<iq\b[^>]*\btype=['\"]result['\"]", answer):
            raise ClientFailure(f"the server refused {payload!r}: {answer!r}")
        return answer

    async def settle(self):
        """Returns when the server has handled all that was sent before."""
        await self.request(b"get", b"<ping xmlns='urn:xmpp:ping'/>", DOMAIN.encode())

    async def log_in(self, name, resource):
        await self.authenticate(name, await self.open_stream())
        await self.open_stream()
        answer = await self.demand(
            b"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>"
            + resource.encode()
            + b"</resource></bind>"
        )
        self.jid = re.search(rb"<jid>([^<]*)</jid>", answer).group(1).decode()

    async def enable_carbons(self):
        await self.demand(b"<enable xmlns='urn:xmpp:carbons:2'/>")

    async def enable_stream_management(self):
        self.send(b"<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        whole, kind = await self.expect(SM_ANSWER)
        if kind != b"enabled":
            raise ClientFailure(f"stream management was refused: {whole!r}")

    def become_available(self, priority):
        self.send(b"<presence><priority>%d</priority></presence>" % priority)

    def become_quiet(self):
        self.send(b"<inactive xmlns='urn:xmpp:csi:0'/>")

    def become_active(self):
        self.send(b"<active xmlns='urn:xmpp:csi:0'/>")

    def listen(self, on_data):
        """From here on every read goes to `on_data`; what login left over goes there first."""
        self.on_data = on_data
        rest = bytes(self.buffer)
        self.buffer.clear()
        if rest:
            on_data(rest, time.monotonic())

    def check(self):
        """Raises when the server has ended the connection."""
        if self.lost is not None:
            raise ClientFailure(f"{self.jid} lost its connection: {self.lost}")

    async def close(self):
        if self.lost is None:
            self.send(b"<presence type='unavailable'/></stream:stream>")
            await asyncio.sleep(0)
            self.transport.close()


def sasl(element, content, mechanism=None):
    attribute = f" mechanism='{mechanism}'" if mechanism else ""
    text = base64.b64encode(content).decode()
    head = f"<{element} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'{attribute}>"
    return f"{head}{text}</{element}>".encode()


async def connect(server, name, resource):
    """A logged-in client that has not sent its presence yet."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, "127.0.0.1", server.port)
    try:
        await client.log_in(name, resource)
    except ClientFailure as failure:
        raise ClientFailure(f"{server.name}: login of {name}: {failure}") from None
    return client

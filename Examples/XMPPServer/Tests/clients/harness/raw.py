"""A client made of bytes: for what a well-behaved one does not do."""

import asyncio
import base64
import hashlib
import socket
from xml.etree import ElementTree

from .client import SignInFailure, new_id, verifying_context
from .inbox import TIMEOUT, Inbox
from .scram import Scram
from .server import DOMAIN
from .stanza import BIND, CARBONS, CLIENT, CSI, PING, SASL, SM, STREAM, TLS

_STANZAS = {f"{{{CLIENT}}}{name}" for name in ("message", "presence", "iq")}


class RawClient(Inbox, asyncio.Protocol):
    """A stream without an XMPP library; it counts what stream management counts."""

    def __init__(self, server, name, resource):
        super().__init__(f"{name}/{resource} (raw)")
        self.server = server
        self.name = name
        self.resource = resource
        self.bare = f"{name}@{DOMAIN}"
        self.full = f"{self.bare}/{resource}"
        self.transport = None
        self.received = bytearray()
        self.handled = 0
        self.counts = False
        self.resume_id = None
        self.answers = True
        self._restart()

    def _restart(self):
        self.parser = ElementTree.XMLPullParser(("start", "end"))
        self.depth = 0
        self.root = None

    # Protocol

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        self.parser.feed(data)
        for event, xml in self.parser.read_events():
            if event == "start":
                if self.depth == 0:
                    self.root = xml
                    self._changed.set()
                self.depth += 1
                continue
            self.depth -= 1
            if self.depth == 1:
                if self.counts and xml.tag in _STANZAS:
                    self.handled += 1
                self.add(xml)
                if self.answers and xml.tag == f"{{{SM}}}r":
                    self.acknowledge()
                self.root.clear()
            elif self.depth == 0:
                self.ended = True

    def connection_lost(self, error):
        self.transport = None
        self.close()

    # The connection

    async def dial(self, *, receive_buffer=None, direct_tls=False, context=None):
        """Opens the connection and nothing more."""
        self.reopen()
        self._restart()
        self.ended = False
        self.counts = False
        loop = asyncio.get_running_loop()
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        port = self.server.tls_port if direct_tls else self.server.port
        await loop.sock_connect(connection, ("127.0.0.1", port))
        if direct_tls:
            context = context or verifying_context(self.server)
            await loop.create_connection(
                lambda: self, sock=connection, ssl=context, server_hostname=DOMAIN
            )
        else:
            await loop.create_connection(lambda: self, sock=connection)
        return self

    async def open(self, **options):
        """Opens the connection and the stream; returns the features."""
        if self.transport is None:
            await self.dial(**options)
        self._restart()
        self.send(
            f"<?xml version='1.0'?><stream:stream to='{DOMAIN}' version='1.0' xml:lang='en' "
            f"xmlns='{CLIENT}' xmlns:stream='{STREAM}'>"
        )
        return await self.expect(namespace=STREAM, name="features")

    async def start_tls(self, context=None):
        """Secures the connection; the stream has to be opened anew."""
        self.send(f"<starttls xmlns='{TLS}'/>")
        await self.expect(namespace=TLS, name="proceed")
        self.transport = await asyncio.get_running_loop().start_tls(
            self.transport, self, context or verifying_context(self.server),
            server_hostname=DOMAIN,
        )

    @property
    def server_end_point(self):
        """The channel binding of that name (RFC 5929 §4) for a certificate signed with SHA-256."""
        certificate = self.transport.get_extra_info("ssl_object").getpeercert(True)
        return ("tls-server-end-point", hashlib.sha256(certificate).digest())

    async def authenticate(self, mechanism="SCRAM-SHA-1", password=None, binding=None):
        """Proves who it is; raises `SignInFailure` with the condition."""
        password = self.server.passwords[self.name] if password is None else password
        if mechanism == "PLAIN":
            self._auth(mechanism, f"\0{self.name}\0{password}".encode())
            await self._sasl("success")
            return
        exchange = Scram(mechanism, self.name, password, binding)
        self._auth(mechanism, exchange.first())
        challenge = await self._sasl("challenge")
        data = base64.b64encode(exchange.final(challenge)).decode()
        self.send(f"<response xmlns='{SASL}'>{data}</response>")
        exchange.verify(await self._sasl("success"))

    def _auth(self, mechanism, data):
        text = base64.b64encode(data).decode()
        self.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{text}</auth>")

    async def _sasl(self, name):
        answer = await self.expect(namespace=SASL)
        if answer.name != name:
            raise SignInFailure(answer.condition or answer.name)
        return base64.b64decode(answer.xml.text or "")

    async def sign_in(self, *, management=False, carbons=False, available=True, **options):
        """Everything up to a device that is there."""
        await self.negotiate(**options)
        answer = await self.iq(
            "set", f"<bind xmlns='{BIND}'><resource>{self.resource}</resource></bind>"
        )
        bound = answer.find((BIND, "bind"), (BIND, "jid"))
        if bound is None:
            raise SignInFailure(answer.condition)
        self.full = bound.text
        if management:
            await self.enable_management()
        if carbons:
            await self.iq("set", f"<enable xmlns='{CARBONS}'/>")
        if available:
            self.send(f"<presence xmlns='{CLIENT}'/>")
            await self.sync()
        return self

    async def negotiate(self, **options):
        """Up to the features of the authenticated stream."""
        await self.open(**options)
        await self.authenticate()
        return await self.open()

    async def enable_management(self, resume=True):
        self.send(f"<enable xmlns='{SM}' resume='{'true' if resume else 'false'}'/>")
        answer = await self.expect(namespace=SM)
        assert answer.name == "enabled", answer
        self.resume_id = answer.xml.get("id")
        self.handled = 0
        self.counts = True
        return answer

    async def resume(self, previous=None, handled=None, **options):
        """Connects again and asks for the stream that was cut; returns the answer."""
        await self.negotiate(**options)
        if handled is not None:
            # The count goes on from there: the server may ask for it right behind its answer.
            self.handled = handled
        # What the server sends again comes right behind its answer.
        self.counts = True
        self.send(f"<resume xmlns='{SM}' previd='{previous or self.resume_id}' h='{self.handled}'/>")
        return await self.expect(lambda s: s.name in ("resumed", "failed"), namespace=SM)

    def cut(self):
        """Loses the connection without a word."""
        if self.transport is not None:
            self.transport.abort()

    async def closed(self, timeout=TIMEOUT):
        await self.wait(lambda: self.is_closed, "the end of the connection", timeout, False)

    async def discard(self):
        self.cut()

    def pause(self):
        """Stops reading."""
        self.transport.pause_reading()

    def go_on(self):
        self.transport.resume_reading()

    # What is said

    def send(self, data):
        if self.transport is not None:
            self.transport.write(data if isinstance(data, bytes) else data.encode())

    async def iq(self, kind, payload, to=None, timeout=TIMEOUT):
        stanza_id = new_id("q")
        address = "" if to is None else f" to='{to}'"
        self.send(f"<iq type='{kind}' id='{stanza_id}'{address}>{payload}</iq>")
        return await self.expect(
            lambda s: s.type in ("result", "error"), timeout, name="iq", id=stanza_id
        )

    async def sync(self):
        await self.iq("get", f"<ping xmlns='{PING}'/>", DOMAIN)
        return self

    async def barrier(self):
        """Like `sync` without waking a quiet device; returns how many the server has handled."""
        self.send(f"<r xmlns='{SM}'/>")
        answer = await self.expect(namespace=SM, name="a")
        return int(answer.xml.get("h"))

    def acknowledge(self):
        self.send(f"<a xmlns='{SM}' h='{self.handled}'/>")

    def inactive(self):
        self.send(f"<inactive xmlns='{CSI}'/>")

    def active(self):
        self.send(f"<active xmlns='{CSI}'/>")

    def message(self, to, body, *, kind="chat", stanza_id=None, extra=""):
        stanza_id = stanza_id or new_id()
        text = "" if body is None else f"<body>{body}</body>"
        self.send(f"<message type='{kind}' to='{to}' id='{stanza_id}'>{text}{extra}</message>")
        return stanza_id

    async def stream_error(self, timeout=TIMEOUT):
        """The condition with which the server ends the stream; the connection ends as well."""
        error = await self.expect(timeout=timeout, namespace=STREAM, name="error")
        await self.closed(timeout)
        return error.condition

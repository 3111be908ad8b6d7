"""A slixmpp client whose stream is recorded."""

import asyncio
import hashlib
import itertools
import ssl
import uuid
from xml.etree import ElementTree

import slixmpp
from slixmpp.util.sasl import mechanisms

from .inbox import TIMEOUT, Inbox
from .server import DOMAIN
from .stanza import CARBONS, CLIENT, CSI, MDM, PING, SM

# The same function in C: the signing in of hundreds of clients otherwise takes most of the time.
mechanisms.SCRAM.Hi = lambda self, text, salt, iterations: hashlib.pbkdf2_hmac(
    self.hash_name.replace("-", "").lower(), bytes(text), salt, iterations
)

_numbers = itertools.count(1)


def new_id(prefix="m"):
    """An id that no other stanza of the run has."""
    return f"{prefix}{next(_numbers)}-{uuid.uuid4().hex[:6]}"


class SignInFailure(Exception):
    """The server did not let the client in; the text says at which step."""


class _Stream(slixmpp.ClientXMPP):
    """A client that shows every element to its inbox before it looks at it."""

    def __init__(self, inbox, *arguments, **options):
        self.inbox = inbox
        super().__init__(*arguments, **options)

    def incoming_filter(self, xml):
        self.inbox.add(xml)
        return xml


class Client(Inbox):
    """One device of an account, by slixmpp.

    Without `plugins` nothing is sent but what a test sends: no entity capabilities, no receipts.
    """

    PLUGINS = ("xep_0030", "xep_0199", "xep_0313")

    def __init__(
        self, server, name, resource="desk", *, management=False, plugins=(), mechanism=None,
        tls=None, password=None, context=None,
    ):
        super().__init__(f"{name}/{resource}")
        self.server = server
        self.bare = f"{name}@{DOMAIN}"
        self.requested = f"{self.bare}/{resource}"
        config = {"feature_mechanisms": {"unencrypted_scram": True}, "xep_0198": {"window": 1000}}
        if mechanism == "PLAIN":
            config["feature_mechanisms"]["unencrypted_plain"] = True
        self.xmpp = _Stream(
            self, self.requested,
            server.passwords.get(name, "") if password is None else password,
            plugin_config=config, sasl_mech=mechanism,
        )
        for plugin in (*self.PLUGINS, *plugins, *(("xep_0198",) if management else ())):
            self.xmpp.register_plugin(plugin)
        self.xmpp.use_ipv6 = False
        self._choose_security(tls, context)
        self._outcome = None
        for event in ("session_start", "session_resumed"):
            self.xmpp.add_event_handler(event, self._signed_in)
        self.xmpp.add_event_handler("failed_all_auth", lambda _: self._failed("authentication"))
        self.xmpp.add_event_handler("connection_failed", lambda e: self._failed(f"connect: {e}"))
        self.xmpp.add_event_handler("disconnected", self._disconnected)

    def _choose_security(self, tls, context):
        """`tls` is None, `start` or `direct`; the server's own certificate is verified."""
        self.tls = tls
        self.xmpp.enable_plaintext = tls is None
        self.xmpp.enable_starttls = tls == "start"
        self.xmpp.enable_direct_tls = tls == "direct"
        if tls is not None:
            self.xmpp.ssl_context = context or verifying_context(self.server)

    # The connection

    async def connect(self, timeout=TIMEOUT):
        """Signs in, or resumes when the stream was cut, and returns the client."""
        self.reopen()
        self._outcome = asyncio.get_running_loop().create_future()
        port = self.server.tls_port if self.tls == "direct" else self.server.port
        self.xmpp.connect("127.0.0.1", port)
        try:
            self.signed_in_by = await asyncio.wait_for(self._outcome, timeout)
        except asyncio.TimeoutError:
            raise SignInFailure(f"{self.label}: no outcome{self.tail()}") from None
        if "xep_0198" in self.xmpp.plugin and self.signed_in_by == "session_start":
            await self.expect(namespace=SM, name="enabled")
        return self

    def _signed_in(self, event):
        name = "session_start"
        if getattr(event, "name", None) == "resumed":
            name = "session_resumed"
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(name)

    def _failed(self, step):
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_exception(SignInFailure(f"{self.label}: {step}"))
        self.xmpp.cancel_connection_attempt()

    def _disconnected(self, reason):
        self._failed(f"disconnected: {reason}")
        self.close()

    @property
    def full(self):
        return self.xmpp.boundjid.full

    async def disconnect(self):
        """Ends the stream as it should be ended."""
        if self.xmpp.transport is not None:
            self.xmpp.disconnect(wait=5.0)
            await self.wait(lambda: self.is_closed, "the end of the stream", while_open=False)
        self.xmpp.cancel_connection_attempt()

    def cut(self):
        """Loses the connection: nothing is said, nothing is flushed."""
        if self.xmpp.transport is not None:
            self.xmpp.transport.abort()

    async def closed(self, timeout=TIMEOUT):
        await self.wait(lambda: self.is_closed, "the end of the stream", timeout, False)

    async def discard(self):
        """Whatever state it is in, it is over; for the end of a test."""
        self.cut()
        self.xmpp.cancel_connection_attempt()
        pending = [self.xmpp._run_out_filters, *self.xmpp._XMLStream__slow_tasks]
        for task in pending:
            if task is not None and not task.done():
                task.cancel()

    # What a device says

    def send(self, xml):
        """Sends an element as it is written, through slixmpp's queue as whatever it is."""
        if xml.startswith(("<message ", "<presence ", "<iq ")):
            xml = self.xmpp._build_stanza(ElementTree.fromstring(xml))
        self.xmpp.send(xml)

    async def available(self, show=None, priority=None):
        """Becomes available; the server has taken note when this returns."""
        self.xmpp.send_presence(pshow=show, ppriority=priority)
        return await self.sync()

    async def iq(self, kind, payload, to=None, timeout=TIMEOUT):
        """Sends a request and returns the answer, result or error."""
        stanza_id = new_id("q")
        address = "" if to is None else f" to='{to}'"
        self.send(f"<iq xmlns='{CLIENT}' type='{kind}' id='{stanza_id}'{address}>{payload}</iq>")
        return await self.expect(
            lambda s: s.type in ("result", "error"), timeout, name="iq", id=stanza_id
        )

    async def sync(self):
        """A request to the server and back: everything sent before has been acted on."""
        await self.iq("get", f"<ping xmlns='{PING}'/>", DOMAIN)
        return self

    async def barrier(self):
        """The same by stream management, which does not wake a quiet device."""
        self.send(f"<r xmlns='{SM}'/>")
        await self.expect(namespace=SM, name="a")
        return self

    async def enable_carbons(self):
        return await self._carbons("enable")

    async def disable_carbons(self):
        return await self._carbons("disable")

    async def _carbons(self, action):
        answer = await self.iq("set", f"<{action} xmlns='{CARBONS}'/>")
        assert answer.type == "result", answer
        return self

    def inactive(self):
        """Goes to the background (XEP-0352)."""
        self.send(f"<inactive xmlns='{CSI}'/>")

    def active(self):
        """Comes back from the background."""
        self.send(f"<active xmlns='{CSI}'/>")

    async def silent(self, is_silent):
        value = "silent" if is_silent else "normal"
        answer = await self.iq("set", f"<mode xmlns='{MDM}' value='{value}'/>", self.bare)
        assert answer.type == "result", answer

    def message(self, to, body, *, kind="chat", stanza_id=None, extra=""):
        """Sends a message and returns its id."""
        stanza_id = stanza_id or new_id()
        text = "" if body is None else f"<body>{body}</body>"
        self.send(
            f"<message xmlns='{CLIENT}' type='{kind}' to='{to}' id='{stanza_id}'>{text}{extra}"
            "</message>"
        )
        return stanza_id

    def chat_state(self, to, state):
        return self.message(
            to, None, extra=f"<{state} xmlns='http://jabber.org/protocol/chatstates'/>"
        )


def verifying_context(server):
    """Trusts the server's own certificate and nothing else."""
    path = server.settings.get("certificate") or f"{server.settings['data']}/{DOMAIN}.crt"
    return ssl.create_default_context(cafile=str(path))

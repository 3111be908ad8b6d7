"""What was received, as the tests look at it."""

from xml.etree import ElementTree

CLIENT = "jabber:client"
STREAM = "http://etherx.jabber.org/streams"
STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
SM = "urn:xmpp:sm:3"
CSI = "urn:xmpp:csi:0"
CARBONS = "urn:xmpp:carbons:2"
FORWARD = "urn:xmpp:forward:0"
DELAY = "urn:xmpp:delay"
STANZA_ID = "urn:xmpp:sid:0"
MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
FORM = "jabber:x:data"
MDS = "urn:xmpp:mds:displayed:0"
MARKERS = "urn:xmpp:chat-markers:0"
CHAT_STATES = "http://jabber.org/protocol/chatstates"
PUBSUB = "http://jabber.org/protocol/pubsub"
PUBSUB_EVENT = "http://jabber.org/protocol/pubsub#event"
ROSTER = "jabber:iq:roster"
REGISTER = "jabber:iq:register"
BLOCKING = "urn:xmpp:blocking"
PING = "urn:xmpp:ping"
VERSION = "jabber:iq:version"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
VCARD = "vcard-temp"
MDM = "urn:x-swift-mdm:0"


class Stanza:
    """An element of the stream: a stanza, a stream feature, an acknowledgement."""

    def __init__(self, xml):
        self.xml = xml

    def __repr__(self):
        text = ElementTree.tostring(self.xml, encoding="unicode")
        return text if len(text) < 600 else text[:600] + "…"

    @property
    def namespace(self):
        return self.xml.tag[1:].partition("}")[0] if self.xml.tag[0] == "{" else ""

    @property
    def name(self):
        return self.xml.tag.rpartition("}")[2]

    @property
    def type(self):
        return self.xml.get("type")

    @property
    def id(self):
        return self.xml.get("id")

    @property
    def sender(self):
        return self.xml.get("from")

    @property
    def to(self):
        return self.xml.get("to")

    # Copies

    @property
    def form(self):
        """`original`, `received` or `sent`: how a message reached its device (XEP-0280)."""
        for name in ("received", "sent"):
            if self.child(CARBONS, name) is not None:
                return name
        return "original"

    @property
    def inner(self):
        """The wrapped message of a copy, else the stanza itself."""
        form = self.form
        if form == "original":
            return self
        xml = self.xml.find(f"{{{CARBONS}}}{form}/{{{FORWARD}}}forwarded/{{{CLIENT}}}message")
        return self if xml is None else Stanza(xml)

    # Content, of the wrapped message where there is one

    @property
    def body(self):
        return self.inner.text(CLIENT, "body")

    @property
    def stanza_id(self):
        """The id that the own account gave it (XEP-0359), or None."""
        element = self.inner.child(STANZA_ID, "stanza-id")
        return None if element is None else element.get("id")

    @property
    def stanza_ids(self):
        return self.inner.xml.findall(f"{{{STANZA_ID}}}stanza-id")

    @property
    def delay(self):
        """When it was accepted, for a held or stored one (XEP-0203); beside or in the wrapper."""
        for xml in (self.inner.xml, self.xml):
            element = xml.find(f"{{{DELAY}}}delay")
            if element is None:
                element = xml.find(f".//{{{DELAY}}}delay")
            if element is not None:
                return element.get("stamp")
        return None

    @property
    def notes(self):
        """All notes about ringing, wherever they stand."""
        return list(self.xml.iter(f"{{{MDM}}}notify"))

    @property
    def rings(self):
        """Whether it rings and why (not), as `(True, "active-client")`; None without a note."""
        note = self.child(MDM, "notify")
        return None if note is None else (note.get("ring") == "true", note.get("why"))

    @property
    def is_marked_read(self):
        note = self.child(MDM, "notify")
        return note is not None and note.get("read") == "true"

    @property
    def condition(self):
        """The condition of the error that a stanza, stream or exchange ended with."""
        for xml in [self.xml, *self.xml.findall(f"{{{CLIENT}}}error")]:
            for child in xml:
                namespace, _, name = child.tag.rpartition("}")
                if namespace[1:] in (STANZA_ERRORS, STREAM_ERRORS, SASL) and name != "text":
                    return name
        return None

    def child(self, namespace, name):
        return self.xml.find(f"{{{namespace}}}{name}")

    def find(self, *path):
        """The first element at a path of (namespace, name) pairs, or None."""
        return self.xml.find("/".join(f"{{{namespace}}}{name}" for namespace, name in path))

    def text(self, namespace, name):
        return self.xml.findtext(f"{{{namespace}}}{name}")

    def matches(self, **wanted):
        """Whether every named property has that value; `ns` asks for a child element's."""
        namespace = wanted.pop("ns", None)
        if namespace is not None and not any(
            element.tag.startswith(f"{{{namespace}}}") for element in self.xml.iter()
        ):
            return False
        return all(getattr(self, name) == value for name, value in wanted.items())


def escaped(text):
    """Text as it stands in an attribute or between tags."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&apos;")):
        text = text.replace(character, entity)
    return text

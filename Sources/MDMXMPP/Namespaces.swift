/// The XML namespaces that the binding reads or writes.
public enum Namespaces {
  /// Stanzas on a client's stream (RFC 6120 §4.8.2).
  public static let client = "jabber:client"
  /// Stanzas between servers (RFC 6120 §4.8.2).
  public static let server = "jabber:server"
  /// Stanzas on a component's stream (XEP-0114).
  public static let component = "jabber:component:accept"
  /// The stream itself (RFC 6120 §4.2).
  public static let stream = "http://etherx.jabber.org/streams"
  /// Conditions of stanza errors (RFC 6120 §8.3.2).
  public static let stanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas"
  /// Message carbons (XEP-0280).
  public static let carbons = "urn:xmpp:carbons:2"
  /// Stanza forwarding (XEP-0297).
  public static let forward = "urn:xmpp:forward:0"
  /// Client state indication (XEP-0352).
  public static let clientState = "urn:xmpp:csi:0"
  /// Stream management (XEP-0198).
  public static let streamManagement = "urn:xmpp:sm:3"
  /// Delayed delivery (XEP-0203).
  public static let delay = "urn:xmpp:delay"
  /// Unique and stable stanza ids (XEP-0359).
  public static let stanzaID = "urn:xmpp:sid:0"
  /// Message processing hints (XEP-0334).
  public static let hints = "urn:xmpp:hints"
  /// Message delivery receipts (XEP-0184).
  public static let receipts = "urn:xmpp:receipts"
  /// Chat markers (XEP-0333).
  public static let chatMarkers = "urn:xmpp:chat-markers:0"
  /// Chat state notifications (XEP-0085).
  public static let chatStates = "http://jabber.org/protocol/chatstates"
  /// Message displayed synchronisation; the node has the same name (XEP-0490).
  public static let displayed = "urn:xmpp:mds:displayed:0"
  /// Publish-subscribe requests (XEP-0060).
  public static let pubsub = "http://jabber.org/protocol/pubsub"
  /// Publish-subscribe events (XEP-0060).
  public static let pubsubEvent = "http://jabber.org/protocol/pubsub#event"
  /// What a room says of its users, and mediated invitations (XEP-0045).
  public static let roomUser = "http://jabber.org/protocol/muc#user"
  /// Direct invitations to rooms (XEP-0249).
  public static let directInvitation = "jabber:x:conference"
  /// Out-of-band data (XEP-0066).
  public static let outOfBand = "jabber:x:oob"
  /// References, the carrier of XEP-0385 (XEP-0372).
  public static let reference = "urn:xmpp:reference:0"
  /// Stateless inline media sharing (XEP-0385).
  public static let inlineMedia = "urn:xmpp:sims:1"
  /// Stateless file sharing (XEP-0447).
  public static let fileSharing = "urn:xmpp:sfs:0"
  /// Call invitations that every device hears (XEP-0353), both versions in use.
  public static let callInvitations = ["urn:xmpp:jingle-message:0", "urn:xmpp:jingle-message:1"]
  /// What changes or accompanies an earlier message, or tells of a call, in the versions in use:
  /// worth keeping without a body (XEP-0308, XEP-0367, XEP-0372, XEP-0422, XEP-0424, XEP-0425,
  /// XEP-0444, XEP-0482).
  static let lasting: Set<String> = [
    "urn:xmpp:message-correct:0", "urn:xmpp:message-attaching:1", Self.reference,
    "urn:xmpp:fasten:0", "urn:xmpp:message-retract:0", "urn:xmpp:message-retract:1",
    "urn:xmpp:message-moderate:0", "urn:xmpp:message-moderate:1", "urn:xmpp:reactions:0",
    "urn:xmpp:call-invites:0",
  ]
  /// Explicit message encryption (XEP-0380).
  public static let messageEncryption = "urn:xmpp:eme:0"
  /// End-to-end encryption with double ratchets (XEP-0384), both versions in use.
  public static let doubleRatchet = ["eu.siacs.conversations.axolotl", "urn:xmpp:omemo:2"]
  /// The older OpenPGP use (XEP-0027).
  public static let oldOpenPGP = "jabber:x:encrypted"
  /// The newer OpenPGP use (XEP-0373).
  public static let openPGP = "urn:xmpp:openpgp:0"

  /// Whether elements of this namespace called message, presence or iq are stanzas.
  static func holdsStanzas(_ namespace: String) -> Bool {
    namespace == self.client || namespace == self.server || namespace == self.component
  }
}

import MDMXMPP

/// What a connection's bytes amount to.
public enum StreamEvent: Hashable, Sendable {
  /// The start tag of the stream (RFC 6120 §4.2); rare and large, so it is not held in place.
  indirect case header(StreamHeader)
  /// A first-level element, and the very bytes from its first `<` to its end.
  case element(Element, received: [UInt8])
  /// The end tag of the stream (RFC 6120 §4.4); nothing after it is parsed.
  case end
}

/// The stream header that a client has sent (RFC 6120 §4.7).
public struct StreamHeader: Hashable, Sendable {
  /// The local name, which is `stream`.
  public let name: String
  /// The namespace, which is that of streams.
  public let namespace: String
  /// The prefix the header itself is written with; nil for none.
  public let prefix: String?
  /// The domain that the client wants to talk to.
  public let to: String?
  /// The account that the client says it is.
  public let from: String?
  /// The version of XMPP that the client speaks, such as `1.0`.
  public let version: String?
  /// The `xml:lang` that holds for all stanzas that have none.
  public let language: String?
  /// An id, which no client should send.
  public let id: String?
  /// The default namespace, in which stanzas are (RFC 6120 §4.8.2); empty when none is declared.
  public let contentNamespace: String
  /// What is declared besides the default namespace and the prefix `stream`.
  ///
  /// The bytes of a stanza may use these prefixes and then mean nothing on another stream.
  public let extraDeclarations: [NamespaceDeclaration]

  /// Whether the header declares `jabber:client` as the default namespace and `stream` for itself,
  /// and nothing else: what all clients are expected to send.
  public var isStandard: Bool {
    self.prefix == "stream" && self.contentNamespace == Namespaces.client
      && self.extraDeclarations.isEmpty
  }

  /// The declarations to replay for a parser that shall go on with this stream.
  var declarations: [NamespaceDeclaration] {
    var declarations = self.extraDeclarations
    if !self.contentNamespace.isEmpty {
      declarations.append(NamespaceDeclaration(prefix: nil, namespace: self.contentNamespace))
    }
    if self.prefix == "stream" {
      declarations.append(NamespaceDeclaration(prefix: "stream", namespace: self.namespace))
    }
    return declarations
  }
}

/// A declaration such as `xmlns:stream='…'` (Namespaces in XML 1.0 §3).
public struct NamespaceDeclaration: Hashable, Sendable {
  /// The prefix; nil for the default namespace.
  public let prefix: String?
  /// The namespace.
  public let namespace: String

  /// A declaration.
  public init(prefix: String?, namespace: String) {
    self.prefix = prefix
    self.namespace = namespace
  }
}

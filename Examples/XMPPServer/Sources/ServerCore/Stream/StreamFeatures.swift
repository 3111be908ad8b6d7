import MDMXMPP
import StreamSecurity

/// The namespaces of stream negotiation.
enum StreamNamespaces {
  static let tls = "urn:ietf:params:xml:ns:xmpp-tls"
  static let sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
  static let bind = "urn:ietf:params:xml:ns:xmpp-bind"
  static let session = "urn:ietf:params:xml:ns:xmpp-session"
  static let channelBinding = "urn:xmpp:sasl-cb:0"
  static let registerFeature = "http://jabber.org/features/iq-register"
  static let subscriptionPreApproval = "urn:xmpp:features:pre-approval"
}

/// What a stream offers at one point of its negotiation (RFC 6120 §4.3.2).
enum StreamFeatures {
  /// Before authentication.
  static func beforeAuthentication(
    startTLS: Bool, requiresTLS: Bool, mechanisms: [SASLMechanism], bindings: [ChannelBindingType],
    registration: Bool
  ) -> [UInt8] {
    var features: [Element] = []
    if startTLS {
      let required = Element("required", namespace: StreamNamespaces.tls)
      features.append(
        Element("starttls", namespace: StreamNamespaces.tls, [:], requiresTLS ? [required] : []))
    }
    if !mechanisms.isEmpty {
      features.append(
        Element(
          "mechanisms", namespace: StreamNamespaces.sasl, [:],
          mechanisms.map {
            Element("mechanism", namespace: StreamNamespaces.sasl, text: $0.rawValue)
          }))
      if !bindings.isEmpty {
        features.append(
          Element(
            "sasl-channel-binding", namespace: StreamNamespaces.channelBinding, [:],
            bindings.map {
              Element(
                "channel-binding", namespace: StreamNamespaces.channelBinding, ["type": $0.rawValue]
              )
            }))
      }
      if registration {
        features.append(Element("register", namespace: StreamNamespaces.registerFeature))
      }
    }
    return Self.bytes(features)
  }

  /// After it: a resource is to be bound, or an earlier stream resumed.
  static let afterAuthentication = Self.bytes([
    Element("bind", namespace: StreamNamespaces.bind),
    // RFC 3921 clients ask for it; RFC 6121 ones are told that they need not.
    Element(
      "session", namespace: StreamNamespaces.session, [:],
      [Element("optional", namespace: StreamNamespaces.session)]),
    Element("sm", namespace: Namespaces.streamManagement),
    Element("csi", namespace: Namespaces.clientState),
    Element("sub", namespace: StreamNamespaces.subscriptionPreApproval),
  ])

  private static func bytes(_ features: [Element]) -> [UInt8] {
    var bytes = Array("<stream:features>".utf8)
    for feature in features { feature.write(to: &bytes, inside: Namespaces.client) }
    bytes += "</stream:features>".utf8
    return bytes
  }

  /// The stream's opening tag from our side (RFC 6120 §4.7).
  static func header(id: String, domain: String, to: String?) -> [UInt8] {
    // Written by the serialiser for its escaping, then opened instead of closed.
    let stream = Element(
      name: "stream:stream", namespace: Namespaces.client,
      attributes: [
        .init("id", id), .init("from", domain), .init("version", "1.0"),
        .init("lang", "en", prefix: "xml"),
      ] + (to.map { [.init("to", $0)] } ?? []))
    var bytes = Array("<?xml version='1.0'?>".utf8)
    stream.write(to: &bytes)
    bytes.removeLast(2)
    bytes += " xmlns:stream='\(Namespaces.stream)'>".utf8
    return bytes
  }
}

import MDMXMPP

/// Behind a stream header, between two stanzas: where a parser goes on with a stream.
///
/// A connection keeps this much of its header, and shares it with all that sent the usual one.
final class StreamPosition {
  /// Whether all declarations are the standard ones, so that parsers can be shared.
  let isStandard: Bool
  /// A start tag that declares what the client's did, to bring a new parser here.
  let startTag: [UInt8]

  /// The position behind that header.
  init(_ header: StreamHeader) {
    self.isStandard = header.isStandard
    self.startTag = Array(Self.startTag(header).utf8)
  }

  /// The position of streams with the standard declarations.
  static var standard: StreamPosition {
    StreamPosition(
      StreamHeader(
        name: "stream", namespace: Namespaces.stream, prefix: "stream", to: nil, from: nil,
        version: nil, language: nil, id: nil, contentNamespace: Namespaces.client,
        extraDeclarations: []))
  }

  private static func startTag(_ header: StreamHeader) -> String {
    var text = "<"
    if let prefix = header.prefix { text += "\(prefix):" }
    text += "stream"
    for declaration in header.declarations {
      text += " xmlns"
      if let prefix = declaration.prefix { text += ":\(prefix)" }
      text += "='"
      for scalar in declaration.namespace.unicodeScalars {
        switch scalar {
        case "&", "<", "'", "\t", "\n", "\r": text += "&#\(scalar.value);"
        default: text.unicodeScalars.append(scalar)
        }
      }
      text += "'"
    }
    return text + ">"
  }
}

import MDMXMPP

/// The Expat parsers of one server thread that wait for a stream to go on with.
///
/// A parser takes some KiB, and an idle connection needs none: all parsers in the pool stand behind
/// a stream header with the standard declarations, where any such stream is between two stanzas.
public final class ParserPool {
  let cache = NameCache()
  private let maximumIdle: Int
  private let bytesPerParser: Int
  private let namesPerParser: Int
  private var idle: [ExpatParser] = []
  /// How many parsers have been made so far.
  public private(set) var createdCount = 0

  /// A pool without parsers.
  ///
  /// - Parameters:
  ///   - maximumIdle: how many parsers the pool keeps.
  ///   - bytesPerParser: after how many bytes a parser is not used again.
  ///   - namesPerParser: after how many unfamiliar names it is not used again. Expat keeps each name
  ///     for the life of a parser.
  public init(
    maximumIdle: Int = 8, bytesPerParser: Int = 1_048_576, namesPerParser: Int = 1_024
  ) {
    self.maximumIdle = maximumIdle
    self.bytesPerParser = bytesPerParser
    self.namesPerParser = namesPerParser
  }

  /// How many parsers wait.
  public var idleCount: Int { self.idle.count }

  /// A parser at the start of a document.
  func blank(_ limits: XMLLimits) throws(XMLStreamError) -> ExpatParser {
    guard let parser = ExpatParser(cache: self.cache) else {
      throw XMLStreamError(.resourceConstraint, "no memory for a parser")
    }
    self.createdCount += 1
    parser.builder.pointee.limits = limits
    return parser
  }

  /// A parser that stands behind the stream header.
  func parser(
    behind header: StreamHeader, _ limits: XMLLimits
  ) throws(XMLStreamError) -> ExpatParser {
    if header.isStandard, let parser = self.idle.popLast() {
      parser.builder.pointee.limits = limits
      return parser
    }
    let parser = try self.blank(limits)
    let bytes = Array(Self.replay(header).utf8)
    let progress: Result<ExpatParser.Progress, XMLStreamError> = bytes.withUnsafeBytes { bytes in
      do throws(XMLStreamError) {
        _ = try parser.feed(bytes)
        _ = parser.builder.pointee.takeElement()
        return .success(try parser.resume())
      } catch {
        return .failure(error)
      }
    }
    guard case .success(.starved(pending: 0)) = progress else {
      throw XMLStreamError(.internalServerError, "the stream header cannot be replayed")
    }
    return parser
  }

  /// Takes a parser that stands behind the header and has nothing pending; or lets go of it.
  func giveBack(_ parser: ExpatParser, behind header: StreamHeader) {
    if !header.isStandard || self.idle.count >= self.maximumIdle { return }
    if !parser.isWorthKeeping(bytes: self.bytesPerParser, names: self.namesPerParser) { return }
    parser.builder.pointee.trim()
    self.idle.append(parser)
  }

  /// A header that declares what the client's header did.
  private static func replay(_ header: StreamHeader) -> String {
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

import MDMXMPP

/// The Expat parsers of one server thread that wait for a stream to go on with.
///
/// A parser takes some KiB, and an idle connection needs none: all parsers in the pool stand behind
/// a stream header with the standard declarations, where any such stream is between two stanzas.
public final class ParserPool {
  let cache = NameCache()
  /// Where streams with the standard declarations are.
  let standard = StreamPosition.standard
  private let maximumIdle: Int
  private let bytesPerParser: Int
  private let namesPerParser: Int
  /// The first of the parsers that wait; each holds the next.
  private var idle: ExpatParser?
  /// How many parsers wait.
  public private(set) var idleCount = 0
  /// How many parsers have been made so far.
  public private(set) var createdCount = 0

  /// A pool without parsers.
  ///
  /// - Parameters:
  ///   - maximumIdle: how many parsers the pool keeps.
  ///   - bytesPerParser: after how many bytes a parser is not used again.
  ///   - namesPerParser: after how many unfamiliar names it is not used again. Expat keeps each
  ///     name for the life of a parser.
  public init(
    maximumIdle: Int = 8, bytesPerParser: Int = 1_048_576, namesPerParser: Int = 1_024
  ) {
    self.maximumIdle = maximumIdle
    self.bytesPerParser = bytesPerParser
    self.namesPerParser = namesPerParser
  }

  deinit {
    // One after the other: each would free the next inside its own end, as deep as the pool is.
    while let parser = self.idle {
      self.idle = parser.nextIdle
      parser.nextIdle = nil
    }
  }

  /// A parser at the start of a document.
  func blank(_ limits: XMLLimits) throws(XMLStreamError) -> ExpatParser {
    guard let parser = ExpatParser(cache: self.cache) else {
      throw XMLStreamError(.resourceConstraint, "no memory for a parser")
    }
    self.createdCount += 1
    parser.builder.pointee.limits = limits
    return parser
  }

  /// A parser that stands there.
  func parser(
    at position: StreamPosition, _ limits: XMLLimits
  ) throws(XMLStreamError) -> ExpatParser {
    if position.isStandard, let parser = self.idle {
      self.idle = parser.nextIdle
      parser.nextIdle = nil
      self.idleCount -= 1
      parser.builder.pointee.limits = limits
      return parser
    }
    let parser = try self.blank(limits)
    let progress: Result<ExpatParser.Progress, XMLStreamError> = position.startTag.withUnsafeBytes {
      do throws(XMLStreamError) {
        _ = try parser.feed($0)
        _ = parser.builder.pointee.takeHeader()
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

  /// Takes a parser that stands there and has nothing pending; or lets go of it.
  func giveBack(_ parser: ExpatParser, at position: StreamPosition) {
    if !position.isStandard || self.idleCount >= self.maximumIdle { return }
    if !parser.isWorthKeeping(bytes: self.bytesPerParser, names: self.namesPerParser) { return }
    parser.builder.pointee.trim()
    parser.nextIdle = self.idle
    self.idle = parser
    self.idleCount += 1
  }
}

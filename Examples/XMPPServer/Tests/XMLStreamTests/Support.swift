import MDMXMPP
import XMLStream

/// Headers that streams in the tests begin with.
enum Streams {
  /// The standard header without its last character.
  static let openedHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    + "to='example.org' version='1.0'"

  /// The standard header.
  static let header = Self.openedHeader + ">"
}

extension StreamParser {
  /// Parses all bytes of an array.
  @discardableResult
  func parse(
    _ bytes: some Sequence<UInt8>, _ handle: (StreamEvent) -> Bool
  ) throws(XMLStreamError) -> Int {
    let result: Result<Int, XMLStreamError> = Array(bytes).withUnsafeBytes { bytes in
      do throws(XMLStreamError) {
        return .success(try self.parse(bytes, handle))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// What a stream amounts to: its events and how it failed, if it did.
struct Heard: Equatable {
  var events: [StreamEvent] = []
  var error: XMLStreamError?

  /// Hears a whole stream, in chunks of that many bytes; all at once when there is no number.
  init(
    _ sent: some Sequence<UInt8>, chunk: Int? = nil, limits: XMLLimits = XMLLimits(),
    pool: ParserPool = ParserPool()
  ) {
    let parser = StreamParser(pool: pool, limits: limits)
    let bytes = Array(sent)
    var rest = bytes[...]
    while !rest.isEmpty && self.error == nil {
      let next = rest.prefix(chunk ?? rest.count)
      rest = rest.dropFirst(next.count)
      self.feed(parser, next)
    }
  }

  init(
    _ sent: String, chunk: Int? = nil, limits: XMLLimits = XMLLimits(),
    pool: ParserPool = ParserPool()
  ) {
    self.init(Array(sent.utf8), chunk: chunk, limits: limits, pool: pool)
  }

  /// Nothing so far.
  init() {}

  mutating func feed(_ parser: StreamParser, _ bytes: some Sequence<UInt8>) {
    do throws(XMLStreamError) {
      var events: [StreamEvent] = []
      defer { self.events += events }
      try parser.parse(bytes) {
        events.append($0)
        return true
      }
    } catch {
      self.error = error
    }
  }

  var header: StreamHeader? {
    for case .header(let header) in self.events { return header }
    return nil
  }

  var elements: [Element] {
    self.events.compactMap { event in
      if case .element(let element, _) = event { element } else { nil }
    }
  }

  var received: [String] {
    self.events.compactMap { event in
      if case .element(_, let bytes) = event { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
  }
}

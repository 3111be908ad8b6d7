import CExpat
import Glibc
import MDMXMPP

/// Makes elements out of what Expat reports, and stops it where a caller has to look.
///
/// Nodes of all open elements are on one stack, so that an element's children are allocated once.
struct TreeBuilder {
  /// An element whose end has not come.
  private struct Open {
    let name: String
    let namespace: String
    let attributes: [Element.Attribute]
    /// Where its children begin on the stack of nodes.
    let firstChild: Int
  }

  let cache: NameCache
  var parser: XML_Parser?
  var limits = XMLLimits()
  /// How many bytes the parser has been fed in its life.
  var fed = 0
  /// Whether the stream header has been seen, and then whether the stream's end has not.
  private(set) var isStreamOpen = false
  /// What is wrong; Expat was told to stop.
  private(set) var failure: XMLStreamError?
  /// What was found when Expat was asked to pause.
  private var header: StreamHeader?
  private var element: Element?
  private(set) var isEnded = false
  /// Whether something was found and not taken.
  var hasFound: Bool { self.element != nil || self.hasHeader || self.isEnded }
  /// How many names were not in the cache: an upper bound of what Expat has interned.
  private(set) var unfamiliarNames = 0

  private var open: [Open] = []
  private let nodes = NodeStack()
  private var text: [UInt8] = []
  private var elements = 0
  /// The declarations of the element that is about to start.
  private var declarations: [NamespaceDeclaration] = []
  private var declarationCount = 0
  private var isPausing = false
  /// Looked at for each stanza in place of the header, which is large.
  private var hasHeader = false

  init(cache: NameCache) {
    self.cache = cache
  }

  /// The header that was found last, once.
  @inline(__always)
  mutating func takeHeader() -> StreamHeader? {
    if !self.hasHeader { return nil }
    self.hasHeader = false
    self.isPausing = false
    return self.header.take()
  }

  /// The element that was found last, once.
  @inline(__always)
  mutating func takeElement() -> Element? {
    self.isPausing = false
    return self.element.take()
  }

  /// Gives back the room that an unusually large stanza took.
  mutating func trim() {
    if self.text.capacity > 16_384 { self.text = [] }
    self.nodes.trim()
  }

  // MARK: Reports

  mutating func declare(_ prefix: UnsafePointer<CChar>?, _ namespace: UnsafePointer<CChar>?) {
    if self.failure != nil { return }
    self.declarationCount += 1
    let longest = max(prefix.map(strlen) ?? 0, namespace.map(strlen) ?? 0)
    if longest > self.limits.nameBytes { return self.fail(.init(exceeded: .nameBytes)) }
    if self.isStreamOpen { return }
    self.declarations.append(
      NamespaceDeclaration(
        prefix: prefix.map { String(cString: $0) },
        namespace: namespace.map { String(cString: $0) } ?? ""))
  }

  mutating func start(
    _ name: UnsafePointer<CChar>,
    _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>
  ) {
    if self.failure != nil { return }
    var count = 0
    while attributes[2 * count] != nil { count += 1 }
    if count + self.declarationCount > self.limits.attributesPerElement {
      return self.fail(.init(exceeded: .attributesPerElement))
    }
    self.declarationCount = 0
    guard self.isStreamOpen else { return self.startStream(name, attributes, count) }
    if self.open.isEmpty { self.elements = 0 } else { self.flushText() }
    self.elements += 1
    if self.elements > self.limits.elementsPerStanza {
      return self.fail(.init(exceeded: .elementsPerStanza))
    }
    if self.open.count >= self.limits.depth { return self.fail(.init(exceeded: .depth)) }
    let made = self.attributes(attributes, count)
    guard let entry = self.entry(of: name) else { return }
    self.open.append(
      Open(
        name: entry.pointee.local, namespace: entry.pointee.namespace, attributes: made,
        firstChild: self.nodes.count))
  }

  mutating func end() {
    if self.failure != nil { return }
    guard let last = self.open.popLast() else {
      self.isStreamOpen = false
      self.isEnded = true
      return self.pause()
    }
    self.flushText()
    let element = Element(
      name: last.name, namespace: last.namespace, attributes: last.attributes,
      children: self.nodes.pop(to: last.firstChild))
    if self.open.isEmpty {
      self.element = element
      self.pause()
    } else {
      self.nodes.push(.element(element))
    }
  }

  @inline(__always)
  mutating func characters(_ bytes: UnsafeBufferPointer<UInt8>) {
    // Between stanzas there is white space only: the caller looks before Expat does.
    if self.failure != nil || self.open.isEmpty { return }
    self.text.append(contentsOf: bytes)
  }

  mutating func startCharacterDataSection() {
    if self.open.isEmpty {
      self.fail(XMLStreamError(.invalidXML, "character data outside of a stanza"))
    }
  }

  mutating func fail(_ error: XMLStreamError) {
    if self.failure != nil { return }
    self.failure = error
    XML_StopParser(self.parser, XML_Bool(XML_FALSE))
  }

  // MARK: Parts

  private mutating func pause() {
    // Expat takes a second request for an error, and stops by itself where there is no more.
    let end = XML_GetCurrentByteIndex(self.parser) + XML_Index(XML_GetCurrentByteCount(self.parser))
    if self.isPausing || Int(end) == self.fed { return }
    self.isPausing = true
    XML_StopParser(self.parser, XML_Bool(XML_TRUE))
  }

  @inline(__always)
  private mutating func flushText() {
    if self.text.isEmpty { return }
    self.nodes.push(.text(String(decoding: self.text, as: UTF8.self)))
    self.text.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  private mutating func entry(
    of name: UnsafePointer<CChar>
  ) -> UnsafeMutablePointer<NameCache.Entry>? {
    let (entry, isFamiliar) = self.cache.entry(of: name)
    if !isFamiliar { self.unfamiliarNames += 1 }
    if entry.pointee.longestPart <= self.limits.nameBytes { return entry }
    self.fail(.init(exceeded: .nameBytes))
    return nil
  }

  private mutating func attributes(
    _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>, _ count: Int
  ) -> [Element.Attribute] {
    if count == 0 { return [] }
    var made: [Element.Attribute] = []
    made.reserveCapacity(count)
    for index in 0..<count {
      guard let name = attributes[2 * index], let value = attributes[2 * index + 1],
        let entry = self.entry(of: name)
      else { break }
      made.append(
        Element.Attribute(
          entry.pointee.local, Self.string(value), prefix: entry.pointee.prefix,
          namespace: entry.pointee.isXML ? "" : entry.pointee.namespace))
    }
    return made
  }

  @inline(__always)
  private static func string(_ value: UnsafePointer<CChar>) -> String {
    let bytes = UnsafeRawBufferPointer(start: value, count: strlen(value))
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension TreeBuilder {
  private mutating func startStream(
    _ name: UnsafePointer<CChar>,
    _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>, _ count: Int
  ) {
    let made = self.attributes(attributes, count)
    guard let root = self.entry(of: name)?.pointee else { return }
    if root.namespace != Namespaces.stream {
      return self.fail(
        XMLStreamError(.invalidNamespace, "the stream is not in the namespace of streams"))
    }
    if root.local != "stream" {
      return self.fail(XMLStreamError(.invalidXML, "the first element is not a stream"))
    }
    var content = ""
    var extra: [NamespaceDeclaration] = []
    for declaration in self.declarations {
      switch declaration.prefix {
      case nil: content = declaration.namespace
      case "stream":
        if declaration.namespace != Namespaces.stream {
          return self.fail(
            XMLStreamError(.badNamespacePrefix, "the prefix stream means another namespace"))
        }
        if root.prefix != "stream" { extra.append(declaration) }
      case "xml": break
      default: extra.append(declaration)
      }
    }
    self.declarations = []
    func value(_ name: String, _ prefix: String? = nil) -> String? {
      made.first { $0.name == name && $0.prefix == prefix }?.value
    }
    self.header = StreamHeader(
      name: root.local, namespace: root.namespace, prefix: root.prefix, to: value("to"),
      from: value("from"), version: value("version"), language: value("lang", "xml"),
      id: value("id"), contentNamespace: content, extraDeclarations: extra)
    self.hasHeader = true
    self.isStreamOpen = true
    self.pause()
  }
}

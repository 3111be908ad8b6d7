import Foundation
import MDMXMPP

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Parses one stanza into the binding's element type with the toolchain's own parser.
enum XMLTree {
  /// The element that `bytes` are, in the namespace of a client's stream.
  static func element(of bytes: [UInt8], line: Int) throws -> Element {
    // The stream header declares the default namespace and the stream prefix; a stanza on its own
    // does not, so it is parsed inside a stand-in for it.
    let head = "<stream:stream xmlns='jabber:client' xmlns:stream='\(Namespaces.stream)'>"
    let document = Data(head.utf8) + Data(bytes) + Data("</stream:stream>".utf8)
    let builder = Builder()
    let parser = XMLParser(data: document)
    parser.shouldProcessNamespaces = true
    parser.shouldReportNamespacePrefixes = true
    parser.shouldResolveExternalEntities = false
    parser.delegate = builder
    guard parser.parse(), let root = builder.root else {
      throw RecordingError(line: line, reason: "malformed XML")
    }
    guard case .element(let element)? = root.children.first else {
      throw RecordingError(line: line, reason: "no element")
    }
    return element
  }

  private final class Builder: NSObject, XMLParserDelegate {
    private struct Open {
      let name: String
      let namespace: String
      let attributes: [Element.Attribute]
      var children: [Element.Node] = []
    }

    private var stack: [Open] = []
    private var text = ""
    private var prefixes: [String: [String]] = [:]
    var root: Element?

    func parser(
      _ parser: XMLParser, didStartMappingPrefix prefix: String, toURI namespace: String
    ) {
      self.prefixes[prefix, default: []].append(namespace)
    }

    func parser(_ parser: XMLParser, didEndMappingPrefix prefix: String) {
      _ = self.prefixes[prefix]?.popLast()
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String] = [:]
    ) {
      self.flushText()
      // The parser hands attributes over as a dictionary; sorting makes the order the same in
      // every run.
      let ordered = attributes.sorted { $0.key < $1.key }.compactMap { self.attribute($0, $1) }
      self.stack.append(
        Open(name: name, namespace: namespaceURI ?? "", attributes: ordered))
    }

    private func attribute(_ qualifiedName: String, _ value: String) -> Element.Attribute? {
      if qualifiedName == "xmlns" || qualifiedName.hasPrefix("xmlns:") { return nil }
      let parts = qualifiedName.split(separator: ":", maxSplits: 1).map { String($0) }
      guard parts.count == 2 else { return Element.Attribute(qualifiedName, value) }
      let namespace = parts[0] == "xml" ? "" : self.prefixes[parts[0]]?.last ?? ""
      return Element.Attribute(parts[1], value, prefix: parts[0], namespace: namespace)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
      self.text += string
    }

    func parser(_ parser: XMLParser, foundCDATA data: Data) {
      self.text += String(decoding: data, as: UTF8.self)
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) {
      self.flushText()
      guard let open = self.stack.popLast() else { return }
      let element = Element(
        name: open.name, namespace: open.namespace, attributes: open.attributes,
        children: open.children)
      if self.stack.isEmpty {
        self.root = element
      } else {
        self.stack[self.stack.count - 1].children.append(.element(element))
      }
    }

    private func flushText() {
      guard !self.text.isEmpty else { return }
      if !self.stack.isEmpty {
        self.stack[self.stack.count - 1].children.append(.text(self.text))
      }
      self.text = ""
    }
  }
}

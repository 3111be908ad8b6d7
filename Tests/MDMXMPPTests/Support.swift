import Foundation
import FoundationXML
import MDMStanza
import MDMXMPP
import Testing

/// The binding that most tests use: two domains, one of them outside ASCII.
func makeBinding(
  _ edit: (inout XMPPBinding.Configuration) -> Void = { _ in }
) throws -> XMPPBinding {
  var configuration = XMPPBinding.Configuration(domains: ["localhost", "Münster.example"])
  edit(&configuration)
  return try XMPPBinding(configuration)
}

/// Alice's laptop, the device that most tests send from.
func laptop() throws -> JID { try JID("alice@localhost/laptop") }

/// The element that the text is, read by a parser that is not ours.
///
/// - Parameter namespace: the default namespace of the stream around it.
func parse(_ xml: String, in namespace: String = Namespaces.client) throws -> Element {
  let stream = "<stream xmlns='\(namespace)'>\(xml)</stream>"
  let parser = XMLParser(data: Data(stream.utf8))
  parser.shouldProcessNamespaces = true
  let builder = TreeBuilder()
  parser.delegate = builder
  try #require(parser.parse(), "not well-formed: \(xml)")
  let root = try #require(builder.root)
  return try #require(root.elements.first)
}

/// The element that the bytes are.
func parse(_ bytes: [UInt8]) throws -> Element {
  try parse(String(decoding: bytes, as: UTF8.self), in: "")
}

extension [UInt8] {
  /// The bytes as text.
  var asText: String { String(decoding: self, as: UTF8.self) }
}

extension XMPPBinding {
  /// What a stanza written as text means, with its bytes handed in.
  func interpret(_ xml: String, from device: JID) throws -> ClientInput {
    self.interpret(try parse(xml), received: Array(xml.utf8), from: device)
  }

  /// The message that a stanza written as text is.
  func message(_ xml: String, from device: JID) throws -> ClientMessage {
    let input = try self.interpret(xml, from: device)
    guard case .message(let message) = input else {
      throw TestFailure("no message: \(input)")
    }
    return message
  }

  /// The stanza from elsewhere that the text is, with its bytes handed in.
  func incoming(_ xml: String, for account: AccountName = "alice@localhost") throws
    -> IncomingStanza
  {
    try self.incoming(try parse(xml), received: Array(xml.utf8), for: account)
  }
}

/// Something that a test needed was not there.
struct TestFailure: Error {
  let text: String
  init(_ text: String) { self.text = text }
}

/// Puts a tree together from the parser's events.
private final class TreeBuilder: NSObject, XMLParserDelegate {
  private var open: [(name: String, namespace: String, attributes: [Element.Attribute])] = []
  private var nodes: [[Element.Node]] = [[]]
  var root: Element?

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    let sorted = attributes.sorted { $0.key < $1.key }.map { name, value in
      let parts = name.split(separator: ":", maxSplits: 1).map { String($0) }
      return parts.count == 2
        ? Element.Attribute(parts[1], value, prefix: parts[0])
        : Element.Attribute(name, value)
    }
    self.open.append((name, namespaceURI ?? "", sorted))
    self.nodes.append([])
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if case .text(let before)? = self.nodes.last?.last {
      self.nodes[self.nodes.count - 1].removeLast()
      self.nodes[self.nodes.count - 1].append(.text(before + text))
    } else {
      self.nodes[self.nodes.count - 1].append(.text(text))
    }
  }

  func parser(_ parser: XMLParser, foundCDATA data: Data) {
    self.parser(parser, foundCharacters: String(decoding: data, as: UTF8.self))
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
    qualifiedName: String?
  ) {
    guard let tag = self.open.popLast(), let children = self.nodes.popLast() else { return }
    let element = Element(
      name: tag.name, namespace: tag.namespace, attributes: tag.attributes, children: children)
    self.nodes[self.nodes.count - 1].append(.element(element))
    self.root = element
  }
}

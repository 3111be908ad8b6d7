/// One element of a stanza as the host's parser saw it: namespaces resolved, entities expanded.
///
/// Parsing is the host's business; the module reads trees and writes bytes. A tree is only as deep
/// as its maker allows: hosts bound the depth while they parse, see ``StanzaScanner/depthLimit``.
public struct Element: Hashable, Sendable {
  /// The local name.
  public let name: String
  /// The namespace; empty for none.
  public let namespace: String
  /// The attributes in the order in which they were written, namespace declarations left out.
  public let attributes: [Attribute]
  /// Elements and text in the order in which they were written.
  public let children: [Node]

  /// One attribute.
  public struct Attribute: Hashable, Sendable {
    /// The local name.
    public let name: String
    /// The value with entities expanded.
    public let value: String
    /// The prefix it is written with, such as `xml`; nil for none.
    public let prefix: String?
    /// The namespace behind the prefix; empty for none and for `xml`, which needs no declaration.
    public let namespace: String

    /// An attribute; give a namespace whenever there is a prefix other than `xml`.
    public init(_ name: String, _ value: String, prefix: String? = nil, namespace: String = "") {
      self.name = name
      self.value = value
      self.prefix = prefix
      self.namespace = namespace
    }
  }

  /// What an element holds.
  public enum Node: Hashable, Sendable {
    /// Another element.
    case element(Element)
    /// Character data with entities expanded.
    case text(String)
  }

  /// An element out of a parser.
  public init(
    name: String, namespace: String, attributes: [Attribute] = [], children: [Node] = []
  ) {
    self.name = name
    self.namespace = namespace
    self.attributes = attributes
    self.children = children
  }

  /// An element written out in code: attributes that are nil are left out.
  public init(
    _ name: String, namespace: String, _ attributes: KeyValuePairs<String, String?> = [:],
    _ children: [Element] = []
  ) {
    self.init(
      name: name, namespace: namespace, attributes: Self.present(attributes),
      children: children.map { .element($0) })
  }

  /// An element written out in code that holds text only.
  public init(
    _ name: String, namespace: String, _ attributes: KeyValuePairs<String, String?> = [:],
    text: String
  ) {
    self.init(
      name: name, namespace: namespace, attributes: Self.present(attributes),
      children: text.isEmpty ? [] : [.text(text)])
  }

  private static func present(_ attributes: KeyValuePairs<String, String?>) -> [Attribute] {
    attributes.compactMap { pair in pair.value.map { Attribute(pair.key, $0) } }
  }
}

extension Element {
  /// The value of the attribute without a prefix that has this name, or nil.
  ///
  /// *Complexity*: O(attributes).
  public func attribute(_ name: String) -> String? {
    for attribute in self.attributes where attribute.prefix == nil && attribute.name == name {
      return attribute.value
    }
    return nil
  }

  /// The child elements in order.
  public var elements: [Element] { self.children(where: { _ in true }) }

  /// The child elements that satisfy the condition, in order.
  public func children(where matches: (Element) -> Bool) -> [Element] {
    self.children.compactMap { node in
      switch node {
      case .element(let child): matches(child) ? child : nil
      case .text: nil
      }
    }
  }

  /// The first child element with this name and namespace, or nil.
  public func child(_ name: String, namespace: String) -> Element? {
    self.firstChild { $0.name == name && $0.namespace == namespace }
  }

  /// The first child element that satisfies the condition, or nil.
  func firstChild(where matches: (Element) -> Bool) -> Element? {
    for node in self.children {
      if case .element(let child) = node, matches(child) { return child }
    }
    return nil
  }

  /// Whether this is an element of that name and namespace.
  public func isNamed(_ name: String, namespace: String) -> Bool {
    self.name == name && self.namespace == namespace
  }

  /// Whether elements are nested deeper than the limit; an element without children has depth 1.
  ///
  /// *Complexity*: O(size), with at most `limit` calls on the stack.
  public func isDeeper(than limit: Int) -> Bool {
    if limit < 1 { return true }
    for node in self.children {
      if case .element(let child) = node, child.isDeeper(than: limit - 1) { return true }
    }
    return false
  }

  /// The character data directly inside, put together.
  public var text: String {
    var text = ""
    for node in self.children {
      if case .text(let part) = node { text += part }
    }
    return text
  }
}

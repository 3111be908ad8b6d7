/// A request, as much of it as a handler is told: no body, which nothing here takes.
public struct HTTPRequest: Sendable {
  /// The method as it was sent, such as `GET`.
  public let method: String
  /// The parts of the path, each decoded; none for `/`. Nil when the path cannot be decoded.
  public let path: [String]?
  /// The arguments, decoded, in the order in which they were sent.
  public let query: [Field]
  /// The headers, in the order in which they were sent.
  public let headers: [Field]

  /// A name and what it stands for.
  public struct Field: Equatable, Sendable {
    /// The name.
    public let name: String
    /// What it stands for.
    public let value: String

    /// A field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A request for an encoded path.
  public init(_ method: String, _ path: String, query: [Field] = [], headers: [Field] = []) {
    self.method = method
    self.path = Self.parts(of: path)
    self.query = query
    self.headers = headers
  }

  /// The argument of this name, the first if there are several.
  public func argument(_ name: String) -> String? {
    self.query.first { $0.name == name }?.value
  }

  /// The header of this name, without regard to case; nil unless there is just one. What decides
  /// about access must not be there twice with two meanings.
  public func header(_ name: String) -> String? {
    let found = self.headers.filter { $0.name.lowercased() == name.lowercased() }
    return found.count == 1 ? found[0].value : nil
  }

  /// Whether there is a header of this name, once or more often.
  public func hasHeader(_ name: String) -> Bool {
    self.headers.contains { $0.name.lowercased() == name.lowercased() }
  }

  private static func parts(of path: String) -> [String]? {
    guard path.utf8.first == UInt8(ascii: "/") else { return nil }
    var parts: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let text = PercentEncoding.decode(part) else { return nil }
      parts.append(text)
    }
    return parts == [""] ? [] : parts
  }
}

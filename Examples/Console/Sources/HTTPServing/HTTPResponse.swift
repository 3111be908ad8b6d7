/// What a request is answered with.
public struct HTTPResponse: Sendable {
  /// The status code.
  public var status: Int
  /// The headers; the length and the date are the server's business.
  public var headers: [HTTPRequest.Field]
  /// What follows them.
  public var body: Body

  /// What follows the headers.
  public enum Body: Sendable {
    /// These bytes.
    case bytes([UInt8])
    /// Whatever comes, for as long as it comes.
    case events(EventStream)
  }

  /// A response.
  public init(_ status: Int, headers: [HTTPRequest.Field] = [], body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of this name, without regard to case.
  public func header(_ name: String) -> String? {
    self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The bytes of a body that is there as a whole, as text; empty for a stream.
  public var text: String {
    switch self.body {
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .events: ""
    }
  }
}

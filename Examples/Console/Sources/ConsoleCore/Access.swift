import HTTPServing

/// Who may ask for what.
///
/// Everybody on the machine may look. Changing something takes the administrator's token, and a
/// request that no other site's page has made.
public struct Access: Sendable {
  /// What a browser may call the server: a page of another name that resolves to this machine is
  /// none of ours (DNS rebinding).
  private let hosts: [String]
  private let token: AdminToken?

  /// The rules of a server on a port; without a token nothing can be changed.
  public init(port: UInt16, token: AdminToken?) {
    self.hosts = ["127.0.0.1", "localhost", "[::1]"].map { "\($0):\(port)" }
    self.token = token
  }

  /// Whether anything can be changed at all.
  public var allowsOrders: Bool { self.token != nil }

  /// The answer to a request that is not for this server; nil when it is.
  public func refusal(of request: HTTPRequest) -> HTTPResponse? {
    guard let host = request.header("Host"), self.hosts.contains(host.lowercased()) else {
      return .plain(421, "this server goes by \(self.hosts.joined(separator: ", "))")
    }
    return nil
  }

  /// The answer to an order that may not be given; nil when it may.
  public func refusalOfOrder(_ request: HTTPRequest) -> HTTPResponse? {
    if request.hasHeader("Sec-Fetch-Site"), request.header("Sec-Fetch-Site") != "same-origin" {
      return .plain(403, "the request comes from another site")
    }
    let origin = request.header("Host").map { "http://\($0)" }
    if request.hasHeader("Origin"), request.header("Origin") != origin {
      return .plain(403, "the request comes from another site")
    }
    guard let token else {
      return .plain(403, "the console is read-only: it was started without --token-file")
    }
    guard let authorization = request.header("Authorization"), token.matches(authorization) else {
      var response = HTTPResponse.plain(401, "the administrator's token is missing or wrong")
      response.headers.append(.init("WWW-Authenticate", "Bearer realm=\"console\""))
      return response
    }
    return nil
  }
}

/// The secret that an administrator shows.
public struct AdminToken: Sendable {
  private let bytes: [UInt8]

  /// The fewest characters that a token has.
  public static let shortest = 16
  /// The most characters that a token has.
  public static let longest = 256

  /// A token out of a file's contents, without the line's end; nil when it is too short or long, or
  /// has anything but visible ASCII characters.
  public init?(_ contents: [UInt8]) {
    var bytes = contents[...]
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    guard (Self.shortest...Self.longest).contains(bytes.count),
      bytes.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.bytes = Array(bytes)
  }

  /// Whether an `Authorization` header shows the token. How long it takes says nothing about where
  /// they differ.
  public func matches(_ authorization: String) -> Bool {
    let scheme = Array("bearer ".utf8)
    let shown = Array(authorization.utf8)
    guard shown.count >= scheme.count,
      zip(shown, scheme).allSatisfy({ $0.0 | 0x20 == $0.1 })
    else { return false }
    var difference = UInt64(shown.count ^ (scheme.count + self.bytes.count))
    for index in self.bytes.indices {
      let place = scheme.count + index
      let byte = place < shown.count ? shown[place] : 0
      difference |= UInt64(byte ^ self.bytes[index])
    }
    return difference == 0
  }
}

import HTTPServing

extension HTTPResponse {
  /// What every response says: nothing of another site, nothing guessed, nothing kept.
  static let guards: [HTTPRequest.Field] = [
    .init(
      "Content-Security-Policy",
      "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "object-src 'none'"),
    .init("X-Content-Type-Options", "nosniff"),
    .init("X-Frame-Options", "DENY"),
    .init("Referrer-Policy", "no-referrer"),
    .init("Cross-Origin-Resource-Policy", "same-origin"),
    .init("Cross-Origin-Opener-Policy", "same-origin"),
    .init("Cache-Control", "no-store"),
  ]

  /// A response of some type.
  static func of(_ type: String, _ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status, headers: Self.guards + [.init("Content-Type", type)], body: .bytes(bytes))
  }

  /// A line of text.
  static func plain(_ status: Int, _ text: String) -> HTTPResponse {
    .of("text/plain; charset=utf-8", Array("\(text)\n".utf8), status: status)
  }

  /// Data.
  static func json(_ value: JSON) -> HTTPResponse {
    var bytes: [UInt8] = []
    value.write(to: &bytes)
    return .of("application/json", bytes)
  }

  /// A table to be kept as a file.
  static func csv(_ bytes: [UInt8], named name: String) -> HTTPResponse {
    var response = HTTPResponse.of("text/csv; charset=utf-8; header=present", bytes)
    response.headers.append(
      .init("Content-Disposition", "attachment; filename=\"\(name)\""))
    return response
  }
}

import COpenSSL

/// The queue of errors that OpenSSL keeps for the thread.
enum OpenSSLErrors {
  /// Forgets what is left of earlier calls, which would otherwise be taken for the next one's.
  static func clear() {
    ERR_clear_error()
  }

  /// The oldest error in words, which is the cause of the others; empties the queue.
  static func take() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else { return "there is no further information" }
    var buffer = [CChar](repeating: 0, count: 256)
    if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
    ERR_error_string_n(code, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

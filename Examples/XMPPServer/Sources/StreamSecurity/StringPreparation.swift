import CStringPrep

/// The profiles of libidn over arrays of bytes.
enum StringPreparation {
  /// The return code of SASLprep and, when that is `STRINGPREP_OK`, the prepared bytes.
  ///
  /// - Parameter bytes: UTF-8 without NUL.
  static func saslprep(_ bytes: [UInt8]) -> (UInt32, [UInt8]) {
    Self.prepare(bytes, shim_saslprep_stored)
  }

  /// The return code of Nodeprep, and the prepared bytes.
  static func nodeprep(_ bytes: [UInt8]) -> (UInt32, [UInt8]) {
    Self.prepare(bytes, shim_nodeprep_query)
  }

  private static func prepare(
    _ bytes: [UInt8], _ profile: (UnsafeMutablePointer<CChar>?, Int) -> Int32
  ) -> (UInt32, [UInt8]) {
    // libidn works in place. Compatibility decomposition makes at most eighteen characters of one
    // (U+FDFA, three bytes that become thirty-three); case folding adds at most a factor of three.
    var buffer = bytes.map { CChar(bitPattern: $0) }
    buffer += [CChar](repeating: 0, count: bytes.count * 32 + 16)
    let code = buffer.withUnsafeMutableBufferPointer { profile($0.baseAddress, $0.count) }
    let prepared = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return (UInt32(bitPattern: code), prepared)
  }
}

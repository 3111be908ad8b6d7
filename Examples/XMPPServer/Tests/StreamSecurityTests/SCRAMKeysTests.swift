import Testing

@testable import StreamSecurity

struct SCRAMKeysTests {
  @Test(
    "SASLprep has the examples of RFC 4013 §3",
    arguments: [
      ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
      ("a\u{A0}b", "a b"),
    ])
  func preparation(password: String, prepared: String) throws {
    #expect(try PreparedPassword(password).bytes == Array(prepared.utf8))
    #expect(try PreparedPassword(password) == PreparedPassword(prepared))
  }

  @Test(
    "SASLprep refuses what RFC 4013 prohibits",
    arguments: [
      ("", .emptyPassword), ("\u{AD}\u{AD}", .emptyPassword), ("\u{7}", .prohibitedCharacter),
      ("a\u{7F}", .prohibitedCharacter), ("a\0b", .prohibitedCharacter),
      ("\u{627}1", .mixedDirections), ("\u{221}", .unassignedCodePoint),
      ("\u{1F600}", .unassignedCodePoint), ("\u{E000}", .prohibitedCharacter),
    ] as [(String, SASLError)])
  func refusal(password: String, error: SASLError) {
    #expect(throws: error) { try PreparedPassword(password) }
    #expect(!error.description.isEmpty)
  }

  @Test("A password has at most 1,024 bytes, also of the character that grows most")
  func length() throws {
    _ = try PreparedPassword(String(repeating: "x", count: 1_024))
    #expect(throws: SASLError.passwordTooLong(bytes: 1_025)) {
      try PreparedPassword(String(repeating: "x", count: 1_025))
    }
    let longest = try PreparedPassword(String(repeating: "\u{FDFA}", count: 341))
    #expect(longest.bytes.count == 341 * 33)
  }

  @Test("Keys are those of their password, however it is written, and of no other")
  func verification() throws {
    for hash in SCRAMHash.allCases {
      let keys = try SCRAMKeys(password: "IX", hash: hash, iterations: 4_096)
      #expect(keys.salt.count == 16)
      #expect(keys.storedKey.count == hash.length)
      #expect(keys.verify(password: "IX"))
      #expect(keys.verify(password: "\u{2168}"))
      #expect(!keys.verify(password: "ix"))
      #expect(!keys.verify(password: ""))
      #expect(!keys.verify(password: "\u{7}"))
      let kept = try SCRAMKeys(
        hash: hash, salt: keys.salt, iterations: keys.iterations, storedKey: keys.storedKey,
        serverKey: keys.serverKey)
      #expect(kept == keys)
    }
    let one = try SCRAMKeys(password: "IX", hash: .sha256)
    let other = try SCRAMKeys(password: "IX", hash: .sha256)
    #expect(one.iterations == 10_000)
    #expect(one.salt != other.salt)
  }

  @Test("Keys outside of the limits are refused")
  func limits() {
    let key = [UInt8](repeating: 1, count: 32)
    let salt = [UInt8](repeating: 2, count: 16)
    #expect(throws: SASLError.iterations(4_095)) {
      try SCRAMKeys(password: "x", hash: .sha1, iterations: 4_095)
    }
    #expect(throws: SASLError.iterations(.max)) {
      try SCRAMKeys(password: "x", hash: .sha1, iterations: .max)
    }
    #expect(throws: SASLError.saltLength(7)) {
      try SCRAMKeys(password: "x", hash: .sha1, salt: [1, 2, 3, 4, 5, 6, 7])
    }
    #expect(throws: SASLError.keyLength(32, expected: 20)) {
      try SCRAMKeys(hash: .sha1, salt: salt, iterations: 4_096, storedKey: key, serverKey: key)
    }
    #expect(throws: SASLError.keyLength(0, expected: 32)) {
      try SCRAMKeys(hash: .sha256, salt: salt, iterations: 4_096, storedKey: key, serverKey: [])
    }
    #expect(throws: SASLError.secretTooShort(bytes: 15)) {
      try DecoySecret([UInt8](repeating: 0, count: 15))
    }
  }
}

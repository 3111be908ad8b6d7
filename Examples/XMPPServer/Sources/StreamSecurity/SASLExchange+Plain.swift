extension SASLExchange {
  /// Success, or why a message of PLAIN lets nobody in (RFC 4616 §2).
  func plainStep(_ message: [UInt8]) throws(SASLFailure) -> SASLStep {
    let fields = message.split(separator: 0, omittingEmptySubsequences: false)
    guard fields.count == 3 else { throw .malformed("There are not three fields.") }
    let authorizationID = try Self.text(fields[0])
    let username = try Self.text(fields[1])
    let password = try Self.text(fields[2])
    guard !username.isEmpty, !password.isEmpty else {
      throw .malformed("The user name or the password is empty.")
    }
    let decoy = self.policy.decoySecret.keys(
      for: username, .sha256, iterations: self.policy.decoyIterations)
    // Either hash will do. Both are looked up and the password is derived once, whether the user is
    // known or not.
    let newer = try self.lookUp(username, .sha256)
    let older = try self.lookUp(username, .sha1)
    let keys = newer ?? older
    let isRight = (keys ?? decoy).verify(password: password)
    guard isRight, keys != nil else { throw .wrongCredentials }
    return .success(
      username: username, authorizationID: authorizationID.isEmpty ? nil : authorizationID,
      additionalData: [])
  }

  private static func text(_ field: ArraySlice<UInt8>) throws(SASLFailure) -> String {
    guard let text = String(validating: field, as: UTF8.self) else {
      throw .malformed("A field is not UTF-8.")
    }
    return text
  }
}

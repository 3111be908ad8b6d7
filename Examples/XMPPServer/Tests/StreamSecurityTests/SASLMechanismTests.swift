import StreamSecurity
import Testing

struct SASLMechanismTests {
  @Test("PLAIN is offered over TLS only, and -PLUS only with a binding, the best first")
  func offered() {
    let none: [ChannelBindingType] = []
    #expect(
      SASLMechanism.offered(isEncrypted: false, bindings: none) == [.scramSHA256, .scramSHA1])
    #expect(
      SASLMechanism.offered(isEncrypted: false, bindings: [.tlsExporter])
        == [.scramSHA256, .scramSHA1])
    #expect(
      SASLMechanism.offered(isEncrypted: true, bindings: none)
        == [.scramSHA256, .scramSHA1, .plain])
    #expect(
      SASLMechanism.offered(isEncrypted: true, bindings: [.tlsExporter]).map(\.rawValue)
        == [
          "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN",
        ])
  }

  @Test("Failures have the names of RFC 6120 §6.5")
  func conditions() {
    #expect(
      Set(SASLFailure.Condition.allCases.map(\.rawValue)) == [
        "aborted", "account-disabled", "credentials-expired", "encryption-required",
        "incorrect-encoding", "invalid-authzid", "invalid-mechanism", "malformed-request",
        "mechanism-too-weak", "not-authorized", "temporary-auth-failure",
      ])
  }
}

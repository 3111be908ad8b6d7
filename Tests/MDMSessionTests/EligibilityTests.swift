import MDMSession
import Testing

@Suite("EligibilityRules")
struct EligibilityTests {
  /// One row: what the session says, and why it is refused under the documents' conditions.
  struct Row: Sendable, CustomTestStringConvertible {
    let client: String?
    let edge: String?
    let refusal: MDMRefusal?

    init(_ client: String?, _ edge: String?, _ refusal: MDMRefusal?) {
      self.client = client
      self.edge = edge
      self.refusal = refusal
    }

    var testDescription: String {
      "client \(self.client ?? "unknown"), edge \(self.edge ?? "none")"
    }

    var capabilities: ClientCapabilities {
      ClientCapabilities(
        clientVersion: self.client.flatMap { Version($0) },
        edgeVersion: self.edge.flatMap { Version($0) })
    }
  }

  @Test(
    "R-011, R-018, B23: the documents' conditions",
    arguments: [
      Row(nil, nil, nil), Row("11.7", nil, nil), Row("11.7.0", nil, nil), Row("11.10", nil, nil),
      Row("12.0.1-su2", nil, nil), Row("11.6.9", nil, .clientVersionTooOld),
      Row("9.9", nil, .clientVersionTooOld), Row(nil, "X8.8", nil), Row(nil, "X8.11", nil),
      Row(nil, "X12.5", nil), Row(nil, "X8.7.3", .edgeVersionTooOld),
      Row("11.7", "X8.1", .edgeVersionTooOld), Row("11.6", "X8.1", .clientVersionTooOld),
      Row("14.0", "X14.0", nil),
    ])
  func documented(row: Row) {
    #expect(EligibilityRules().refusal(of: row.capabilities) == row.refusal)
  }

  @Test("R-019: without instant messaging nobody is eligible")
  func messagingDisabled() {
    var rules = EligibilityRules()
    rules.instantMessagingEnabled = false
    #expect(rules.refusal(of: ClientCapabilities()) == .instantMessagingDisabled)
    let old = ClientCapabilities(clientVersion: Version(1), encryptedOnly: true)
    #expect(rules.refusal(of: old) == .instantMessagingDisabled)
  }

  @Test("B23: end-to-end encryption excludes only where policy says so")
  func encryption() {
    var rules = EligibilityRules()
    let capabilities = ClientCapabilities(clientVersion: Version(12), encryptedOnly: true)
    #expect(rules.refusal(of: capabilities) == nil)
    rules.excludesEncryptedOnly = true
    #expect(rules.refusal(of: capabilities) == .encryptedOnly)
    #expect(rules.refusal(of: ClientCapabilities(clientVersion: Version(12))) == nil)
  }

  @Test("the least versions can be moved")
  func thresholds() {
    var rules = EligibilityRules()
    rules.minimumClientVersion = Version(14, 1)
    rules.minimumEdgeVersion = Version(9)
    let capabilities = ClientCapabilities(
      clientVersion: Version(14, 1), edgeVersion: Version(8, 11))
    #expect(rules.refusal(of: capabilities) == .edgeVersionTooOld)
    #expect(
      rules.refusal(of: ClientCapabilities(clientVersion: Version(14))) == .clientVersionTooOld)
  }
}

import MDMQuietMode
import MDMStanza
import Testing

@Suite("HoldingRule and FlushReason")
struct HoldingRuleTests {
  /// The table of decision B8, written out.
  private static func expected(_ kind: StanzaKind, isOwn: Bool, isUrgent: Bool) -> HoldingRule {
    if kind == .request || isUrgent { return .never }
    if kind == .presence || kind == .headline { return .latestByKey }
    if kind == .chatState { return .chatState }
    if kind.isContent && !isOwn { return .whileOtherActive }
    return .inOrder
  }

  @Test("B7, B8: every kind, from others, from the own account and urgent")
  func table() {
    for kind in StanzaKind.allCases {
      for isOwn in [false, true] {
        for isUrgent in [false, true] {
          var flags: StanzaFlags = []
          if isOwn { flags.insert(.ownAccount) }
          if isUrgent { flags.insert(.urgent) }
          let expected = Self.expected(kind, isOwn: isOwn, isUrgent: isUrgent)
          #expect(HoldingRule.of(kind, flags) == expected, "\(kind), \(isOwn), \(isUrgent)")
        }
      }
    }
  }

  @Test("circumstances that have nothing to do with holding do not change the rule")
  func otherFlags() {
    let flags: StanzaFlags = [
      .noCopy, .noStore, .noPermanentStore, .replayed, .notCopyable, .exactDeviceOnly, .answer,
    ]
    for kind in StanzaKind.allCases {
      #expect(HoldingRule.of(kind, flags) == HoldingRule.of(kind, []))
    }
  }

  @Test("R-054, B11: the two limits count as limit reached, no other reason does")
  func limits() {
    for reason in FlushReason.allCases {
      #expect(reason.isLimit == (reason == .sessionLimit || reason == .overallLimit))
    }
  }
}

import MDMRedundancy
import Testing

@Suite("Vocabulary of a redundancy group")
struct VocabularyTests {
  @Test("R-150…R-161, R-183: fourteen states, read back from every spelling")
  func states() {
    #expect(NodeState.allCases.count == 14)
    for state in NodeState.allCases {
      for text in [state.displayName] + state.aliases {
        #expect(NodeState(displayName: text) == state)
        #expect(NodeState(displayName: text.uppercased()) == state)
      }
    }
    #expect(NodeState(displayName: "Backup Mode") == .runningInBackupMode)
    #expect(NodeState(displayName: "Failed") == nil)
  }

  @Test("R-162…R-185: sixteen reasons, read back from every spelling")
  func reasons() {
    #expect(NodeReason.allCases.count == 16)
    for reason in NodeReason.allCases {
      for text in [reason.displayName] + reason.aliases {
        #expect(NodeReason(displayName: text) == reason)
        #expect(NodeReason(displayName: text.lowercased()) == reason)
      }
    }
    #expect(NodeReason(displayName: "Critical Services Down") == .criticalServiceDown)
    #expect(
      NodeReason(displayName: "Auto Recovery Database Failure") == .autoRecoverDatabaseFailure)
    #expect(NodeReason(displayName: "") == nil)
  }

  @Test("R-046, R-112…R-115: services have their documented names, the owner of MDM's switch first")
  func serviceNames() {
    #expect(CriticalService.router.displayName == "Cisco XCP Router")
    #expect(
      CriticalService.monitored(authentication: true).map { $0.displayName } == [
        "Cisco Client Profile Agent", "Cisco Sync Agent", "Cisco XCP Router", "Cisco SIP Proxy",
        "Cisco Presence Engine", "Cisco XCP Authentication Service",
      ])
  }

  @Test("a state's kind: on the way, given away, serving both")
  func kinds() {
    #expect(NodeState.allCases.filter { $0.isTransition }.count == 5)
    #expect(NodeState.allCases.filter { $0.isAway }.count == 4)
    #expect(NodeState.allCases.filter { $0.isBackup } == [.runningInBackupMode, .backupActivated])
    #expect(NodeID.first.peer == .second && NodeID.second.peer == .first)
  }
}

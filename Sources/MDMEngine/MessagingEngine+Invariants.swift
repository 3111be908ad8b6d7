import MDMElection
import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import MDMStorage

// What must hold after every command. Compiled in when MDM_INTERNAL_CHECKS is defined; the tests of
// the package call it directly.
extension MessagingEngine {
  /// Stops the process when something that must hold does not.
  ///
  /// - Complexity: O(state).
  package func checkInvariants() {
    var sessions = 0
    var held = 0
    for slot in 0..<self.accounts.slotCount where self.accounts[slot].isOpen {
      self.checkAccount(slot)
      sessions += self.accounts[slot].sets.occupied.count
      for index in self.accounts[slot].sets.occupied.indices {
        held += Int(self.accounts[slot].devices[index].held.count)
      }
    }
    precondition(sessions == self.core.gauges.sessions, "Sessions are miscounted.")
    precondition(held == self.core.log.stanzas, "Held stanzas are miscounted.")
    precondition(!self.core.isOverBudget || held == 0, "The overall limits are not kept.")
    let open = (0..<self.accounts.slotCount).count { self.accounts[$0].isOpen }
    precondition(open == self.accounts.count, "Accounts are miscounted.")
  }

  private func checkAccount(_ slot: UInt32) {
    let sets = self.accounts[slot].sets
    let all = sets.connected | sets.available | sets.mdm | sets.quiet | sets.silent
    precondition((all - sets.occupied).isEmpty, "A vacant place has properties.")
    precondition((sets.quiet & sets.silent).isEmpty, "A session is quiet and silent.")
    precondition(((sets.quiet | sets.silent) - sets.mdm).isEmpty, "A plain session has a mode.")
    let holder = Int(self.accounts[slot].election.holder)
    precondition(
      holder < 0 || sets.occupied.contains(holder), "The active client is not signed in.")
    for index in sets.occupied.indices {
      var expected = sets
      expected.clear(index)
      expected.update(
        index, from: self.accounts[slot].devices[index].session,
        mdmEnabled: self.core.isEnabled)
      precondition(expected == sets, "The sets do not follow from session \(index).")
      self.checkQueue(of: index, in: slot)
    }
  }

  private func checkQueue(of index: Int, in slot: UInt32) {
    let queue = self.accounts[slot].devices[index].held
    let sets = self.accounts[slot].sets
    var count = 0
    self.core.log.forEach(in: self.accounts[slot].held) {
      if $0.pending.contains(index) { count += 1 }
    }
    precondition(count == Int(queue.count), "The queue of device \(index) is miscounted.")
    let mayHold =
      !sets.connected.contains(index) || sets.quiet.contains(index)
      || (self.core.rules.silentIsSuspended && sets.silent.contains(index))
    precondition(count == 0 || mayHold, "Device \(index) holds without a reason.")
    precondition(
      count <= self.core.rules.perSessionLimit, "The queue of device \(index) is too long.")
  }
}

import MDM
import ServerStorage

/// When the archives are looked through for messages that are too old to be kept, and which come
/// next.
struct ArchivePruning {
  /// How often.
  static let interval = Duration.seconds(3_600)

  /// When it begins again; at once after the start.
  var next: MonotonicInstant? = .origin
  /// Users whose archives are still to be looked through.
  var names: ArraySlice<String> = []

  var isBusy: Bool { !self.names.isEmpty }
}

extension XMPPServer {
  /// Removes what is older than `archiveDays`, one archive a turn, so that nobody waits for it.
  func prune() {
    guard self.settings.archiveDays > 0, self.settings.archive else {
      self.pruning.next = nil
      return
    }
    if let next = self.pruning.next, next <= self.now, !self.pruning.isBusy {
      self.pruning.next = self.now.advanced(by: ArchivePruning.interval)
      self.pruning.names = self.storeList { try self.store.accountNames() }[...]
    }
    guard let name = self.pruning.names.popFirst() else { return }
    let age = Int64(self.settings.archiveDays) * 86_400 * 1_000_000
    let limit = self.wallClock.unixNanoseconds(at: self.now) / 1_000 - age
    self.attempt("prune") {
      guard let account = try self.store.account(named: name) else { return }
      let count = try self.store.removeArchive(of: account, before: limit)
      if count > 0 { self.log.info("archive.pruned", ["user": name, "messages": count]) }
    }
  }
}

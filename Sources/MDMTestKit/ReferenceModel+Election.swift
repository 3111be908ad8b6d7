import MDM

// Who is active: the latest of all acts, looked for in a list (B1–B5).
extension ReferenceModel {
  /// The latest act of the account's signed-in devices, whether or not its window is still open.
  func latestAct(in account: ReferenceAccount) -> ReferenceAct? {
    var best: ReferenceAct?
    for act in account.acts {
      // Of two at the same instant the later one in the list was processed later.
      if let found = best, found.instant > act.instant { continue }
      best = act
    }
    return best
  }

  func isWithinWindow(_ instant: MonotonicInstant) -> Bool {
    let age = self.now.nanoseconds(since: instant)
    return age >= 0 && age < self.values.activeWindow.wholeNanoseconds
  }

  func activeAct(in account: ReferenceAccount) -> ReferenceAct? {
    guard let latest = self.latestAct(in: account), self.isWithinWindow(latest.instant) else {
      return nil
    }
    return latest
  }

  func active(in account: ReferenceAccount) -> ReferenceDevice? {
    self.activeAct(in: account)?.device
  }

  func isActive(_ device: ReferenceDevice) -> Bool {
    switch self.values.activeSelection {
    case .single:
      return self.active(in: device.account) === device
    case .allWithinWindow:
      return device.account.acts.contains {
        $0.device === device && self.isWithinWindow($0.instant)
      }
    }
  }

  func noteAct(_ act: QualifyingAct, by device: ReferenceDevice) {
    let account = device.account
    if self.active(in: account) !== device { account.since = self.now }
    account.acts.append(ReferenceAct(device: device, instant: self.now, act: act))
  }

  func eraseActs(of device: ReferenceDevice) {
    let account = device.account
    let wasLatest = self.latestAct(in: account)?.device === device
    account.acts.removeAll { $0.device === device }
    if wasLatest { account.since = self.now }
  }

  // MARK: - Who waits

  /// Whether what comes for a connected device is held (B8, B12, B13).
  func isHolding(_ device: ReferenceDevice) -> Bool {
    guard device.phase == .connected else { return false }
    let wants = device.mode == .quiet || self.isSuspendedSilent(device)
    return wants && !(self.values.regroupDelay > .zero && self.now < device.regroupUntil)
  }

  func isSuspendedSilent(_ device: ReferenceDevice) -> Bool {
    device.mode == .silent && self.values.silentSemantics == .suspended
  }
}

import MDM
import MDMXMPP

extension Connection {
  func setDeadline(_ deadline: MonotonicInstant?) {
    self.deadline = deadline
    self.server.deadlines.arm(self)
  }

  /// Something is to be written that the peer does not take: it has so long to begin.
  func watchProgress() {
    guard let blockedSince = self.blockedSince else { return }
    let limit = blockedSince.advanced(by: self.server.settings.limits.stallTimeout)
    if let deadline = self.deadline, deadline <= limit { return }
    self.setDeadline(limit)
  }

  /// The deadline has come.
  func expire() {
    let now = self.server.now
    let settings = self.server.settings
    switch self.phase {
    case .closed:
      self.deadline = nil
    case .closing:
      self.lost("did not close in time")
      self.close()
    case .securing, .opening, .negotiating, .binding:
      if let answer = self.delayedAnswer { return self.giveDelayedAnswer(answer) }
      if case .securing = self.phase { return self.lost("no handshake in time") }
      self.fail(
        .init(.connectionTimeout, "not signed in within \(settings.limits.handshakeTimeout)"))
    case .bound(let session):
      if let blockedSince = self.blockedSince {
        let limit = blockedSince.advanced(by: settings.limits.stallTimeout)
        if now < limit { return self.setDeadline(limit) }
        return session.endSlowStream(.init(.connectionTimeout, "nothing was taken for too long"))
      }
      let idleLimit = self.lastReceived.advanced(by: settings.limits.idleTimeout)
      if now < idleLimit { return self.setDeadline(idleLimit) }
      if self.isProbed { return self.fail(.init(.connectionTimeout, ""), keepsSession: true) }
      self.isProbed = true
      session.askForSignOfLife()
      self.setDeadline(now.advanced(by: settings.limits.stallTimeout))
    }
  }
}

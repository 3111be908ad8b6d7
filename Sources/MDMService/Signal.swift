import Synchronization

/// Wakes the one task that waits, or lets the next wait pass at once.
final class Signal: Sendable {
  private struct State {
    var isSet = false
    var waiter: UnsafeContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Wakes the waiter. Several calls before a wait count as one.
  func fire() {
    let waiter = self.state.withLock { state in
      let waiter = state.waiter
      state.waiter = nil
      if waiter == nil { state.isSet = true }
      return waiter
    }
    waiter?.resume()
  }

  /// Returns once the signal has fired since the last wait. One task at a time may wait.
  func wait() async {
    await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
      let isSet = self.state.withLock { state in
        precondition(state.waiter == nil, "Two tasks wait for one signal.")
        if !state.isSet { state.waiter = waiter }
        let isSet = state.isSet
        state.isSet = false
        return isSet
      }
      if isSet { waiter.resume() }
    }
  }
}

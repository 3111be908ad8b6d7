/// Whether one session is active at a time, or several may be (B1).
public enum ActiveSelection: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The session with the latest qualifying act within the window: the documents' "last client".
  case single
  /// Every session with a qualifying act within the window.
  case allWithinWindow
}

/// What sort of device a session runs on, as the sessions report shows it.
public enum DeviceKind: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// A computer.
  case desktop
  /// An iPhone.
  case iPhone
  /// An iPad.
  case iPad
  /// A telephone that runs Android.
  case androidPhone
  /// A tablet that runs Android; reported as Desktop.
  case androidTablet
  /// A browser.
  case web
  /// Anything else.
  case other

  /// The device type that the report prints (R-091, R-092, B25).
  public var reportName: String {
    switch self {
    case .desktop, .androidTablet: "Desktop"
    case .iPhone: "iPhone"
    case .iPad: "iPad"
    case .androidPhone: "Android"
    case .web: "Web"
    case .other: "Other"
    }
  }
}

/// How a signed-in MDM session wants its stanzas (B12, B13). The modes exclude each other.
public enum SessionMode: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Everything is delivered as it comes.
  case normal
  /// In the background: stanzas are held until a trigger flushes them.
  case quiet
  /// Everything is delivered as it comes and nothing rings. The source documents name the mode
  /// without defining it; see ``SilentSemantics``.
  case silent
}

/// What silent mode means, since the documents do not say (B12).
public enum SilentSemantics: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Delivered at once, never notified. The reading closest to the documents' own gloss.
  case muted
  /// Held until the session leaves the mode or sends a request, never notified.
  case suspended
}

/// Where a session stands between sign-in and sign-out (B14).
public enum SessionPhase: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// Its connection is up.
  case connected
  /// Its connection was lost and may be resumed until the resume window closes.
  case detached
  /// Its connection is gone and a push service can reach it (the documents' phantom session).
  case suspended
}

/// What a presence stanza says of the person at the device (RFC 6121 §4.7.2.1).
public enum PresenceShow: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// No `show` element: plainly available.
  case available
  /// Wants to chat.
  case chat
  /// Away for a while.
  case away
  /// Away for longer.
  case extendedAway
  /// Do not disturb.
  case doNotDisturb
}

/// Undirected presence of a session, as it tells the server (B2, B4).
public enum DevicePresence: Hashable, Sendable {
  /// Available with a status and a priority (RFC 6121 §4.7.2.3).
  case available(PresenceShow = .available, priority: Int8 = 0)
  /// Gone until it sends available presence again; its stream may stay up.
  case unavailable
}

import MDM

/// A line of the XMPP server's `sessions` command: a full address, then fields NAME=VALUE.
struct ServerSession {
  /// The full address.
  let address: String
  private let fields: [String: String]

  /// What a line says; nil when it is no session's.
  init?(_ line: String) {
    // A resource may have spaces in it, and nothing keeps it from looking like a field: the
    // fields begin with the last that the server writes first.
    guard let start = line.ranges(of: " mdm=").last?.lowerBound else { return nil }
    self.address = String(line[..<start])
    var fields: [String: String] = [:]
    for word in line[start...].split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
    }
    self.fields = fields
  }

  /// The account's address.
  var account: String {
    String(self.address.prefix { $0 != "/" })
  }

  /// The device's name.
  var device: String { String(self.address.dropFirst(self.account.count + 1)) }

  /// What sort of device it is; nil when the server does not say.
  var kind: DeviceKind? {
    DeviceKind.allCases.first { "\($0)" == self.fields["kind"] }
  }

  /// Stanzas that wait for it.
  var held: Int { self.fields["held"].flatMap { Int($0) } ?? 0 }

  /// Whether it is the active client.
  var isActive: Bool { self.fields["active"] == "true" }

  /// How it stands, in the console's words.
  var state: String {
    switch (self.fields["phase"], self.fields["mode"]) {
    case ("suspended", _): "phantom"
    case ("detached", _): "lost"
    case (_, "quiet"): "quiet"
    case (_, "silent"): "silent"
    default: "normal"
    }
  }

  /// Counts the session.
  func count(in states: inout SessionStates) {
    switch self.state {
    case "phantom": states.phantom += 1
    case "lost": states.lost += 1
    case "quiet": states.quiet += 1
    case "silent": states.silent += 1
    default: states.normal += 1
    }
  }
}

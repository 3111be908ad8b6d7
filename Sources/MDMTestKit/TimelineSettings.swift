import MDM

/// The `set name=value` words of a timeline.
enum TimelineSettings {
  /// Splits `name=value`.
  static func pair(
    _ word: Substring, line: Int
  ) throws(TimelineError) -> (name: String, value: String) {
    guard let sign = word.firstIndex(of: "="), sign != word.startIndex else {
      throw TimelineError(line, .unknownWord(String(word)))
    }
    return (String(word[..<sign]), String(word[word.index(after: sign)...]))
  }

  /// Puts one setting into `values`. Durations are in seconds.
  static func apply(
    _ word: Substring, to values: inout Configuration.Values, line: Int
  ) throws(TimelineError) {
    let (name, value) = try Self.pair(word, line: line)
    var known = true
    var fits = true
    if let path = Self.numbers[name] {
      if let number = Int(value) { values[keyPath: path] = number } else { fits = false }
    } else if let path = Self.durations[name] {
      if let number = Int(value) { values[keyPath: path] = .seconds(number) } else { fits = false }
    } else if let path = Self.switches[name] {
      fits = value == "on" || value == "off"
      values[keyPath: path] = value == "on"
    } else {
      (known, fits) = Self.applyChoice(name, value, to: &values)
    }
    guard known else { throw TimelineError(line, .unknownSetting(name)) }
    guard fits else { throw TimelineError(line, .malformedValue(value)) }
  }

  private typealias Path<Value> = any (WritableKeyPath<Configuration.Values, Value> & Sendable)

  private static let numbers: [String: Path<Int>] = [
    "perSessionLimit": \.sessionStanzaLimit, "perSessionBytes": \.sessionByteLimit,
    "overallBytes": \.overallByteLimit, "deviceLimit": \.deviceLimit,
    "backlogLimit": \.archiveBacklogLimit, "stanzaBytes": \.stanzaByteLimit,
  ]

  private static let durations: [String: Path<Duration>] = [
    "activeWindow": \.activeWindow, "regroupDelay": \.regroupDelay,
    "resumeWindow": \.resumeWindow, "suspensionWindow": \.suspensionWindow,
    "conversationHold": \.conversationHold, "timeslice": \.timeslice,
  ]

  private static let switches: [String: Path<Bool>] = [
    "enabled": \.enabled, "awayEndsActivity": \.awayEndsActivity,
    "quietPresenceQualifies": \.quietPresenceQualifies,
    "leavingQuietQualifies": \.leavingQuietQualifies,
    "flushOnActivityExpiry": \.flushOnActivityExpiry, "sendMarksRead": \.sendMarksRead,
    "strictProfile": \.strictProfile,
  ]

  private static func applyChoice(
    _ name: String, _ value: String, to values: inout Configuration.Values
  ) -> (known: Bool, fits: Bool) {
    switch (name, value) {
    case ("overallLimit", _):
      guard let number = Int(value) else { return (true, false) }
      values.overallStanzaLimit = number
    case ("active", "single"): values.activeSelection = .single
    case ("active", "all"): values.activeSelection = .allWithinWindow
    case ("chatStates", "drop"): values.chatStates = .drop
    case ("chatStates", "coalesce"): values.chatStates = .coalesce
    case ("silent", "muted"): values.silentSemantics = .muted
    case ("silent", "suspended"): values.silentSemantics = .suspended
    case ("groupChat", "joined"): values.groupChat = .joinedDeviceOnly
    case ("groupChat", "all"): values.groupChat = .allSignedInDevices
    case ("files", "one"): values.fileTransfer = .originatingDeviceOnly
    case ("files", "all"): values.fileTransfer = .allSignedInDevices
    case ("archive", "deliver"): values.archiveFailure = .deliverAnyway
    case ("archive", "refuse"): values.archiveFailure = .refuse
    case ("enablement", "live"): values.enablement = .live
    case ("enablement", "restart"): values.enablement = .onRestart
    case ("active", _), ("chatStates", _), ("silent", _), ("groupChat", _), ("files", _),
      ("archive", _), ("enablement", _):
      return (true, false)
    default:
      return (false, true)
    }
    return (true, true)
  }
}

import MDM

/// Durations and byte sizes as text.
enum QuantityText {
  /// Reads a duration as the engine does, so that there is one way of writing them: `30`, `0.5`,
  /// `90s`, `5m`, `72h`.
  static func duration(_ text: String) -> Duration? {
    var values = Configuration.Values()
    do {
      try values.set(Self.engineDuration, to: text)
    } catch {
      return nil
    }
    return values.activeWindow
  }

  /// Writes a duration as the engine does, in seconds, and with their unit.
  static func text(_ duration: Duration) -> String {
    var values = Configuration.Values()
    values.activeWindow = duration
    return "\(values.text(of: Self.engineDuration) ?? "0")s"
  }

  /// A setting of the engine that holds a duration; its range is checked elsewhere.
  private static let engineDuration = "activeWindow"

  private static let byteUnits: [(suffix: String, shift: Int)] = [
    ("GiB", 30), ("MiB", 20), ("KiB", 10),
  ]

  /// Reads a size: a number of bytes, or one with `KiB`, `MiB` or `GiB`.
  static func bytes(_ text: String) -> Int? {
    let unit = Self.byteUnits.first { text.hasSuffix($0.suffix) }
    guard let number = Self.number(String(text.dropLast(unit?.suffix.count ?? 0))) else {
      return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
    return overflow ? nil : bytes
  }

  /// Writes a size in the largest unit that leaves a whole number.
  static func text(bytes: Int) -> String {
    let unit = Self.byteUnits.first { bytes != 0 && bytes % (1 << $0.shift) == 0 }
    return unit.map { "\(bytes >> $0.shift)\($0.suffix)" } ?? "\(bytes)"
  }

  /// Reads a whole number in decimal digits; underscores may separate groups of them.
  static func number(_ text: String) -> Int? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "_") }
    guard text.utf8.first != UInt8(ascii: "_"), text.utf8.last != UInt8(ascii: "_"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}

import MDM

/// The timeline as a person reads it: a line for each step, a column for each device.
public struct TimelineText {
  private let story: Story
  private let showsNoise: Bool
  private let timeWidth = 10
  private let eventWidth: Int
  private let cellWidth: Int

  /// - Parameters:
  ///   - width: columns of the terminal.
  ///   - showsNoise: whether presence, typing and the like get lines of their own.
  public init(_ story: Story, width: Int = 132, showsNoise: Bool = false) {
    self.story = story
    self.showsNoise = showsNoise
    let count = max(1, story.devices.count)
    self.eventWidth = min(46, max(30, width - self.timeWidth - count * 28))
    self.cellWidth = max(22, (width - self.timeWidth - self.eventWidth) / count - 1)
  }

  /// The whole table.
  public var text: String {
    var lines: [String] = []
    lines.append(self.line("time", "who did what", self.story.devices))
    lines.append(
      String(
        repeating: "─",
        count: self.timeWidth + self.eventWidth + self.story.devices.count * (self.cellWidth + 1)))
    for step in self.story.steps { lines += self.lines(of: step) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func lines(of step: Story.Step) -> [String] {
    let columns = self.story.devices.map { device in
      CellText(
        cells: step.cells.filter { $0.device == device }.map { $0.cell },
        active: step.active[Self.account(of: device)], showsNoise: self.showsNoise
      ).phrases.flatMap { Self.wrapped($0, to: self.cellWidth) }
    }
    let isEmpty = columns.allSatisfy { $0.isEmpty }
    if step.isNoise && isEmpty && !self.showsNoise { return [] }
    if step.line == 0 && isEmpty { return [] }
    let event = Self.wrapped(step.text, to: self.eventWidth - 1)
    let height = max(event.count, columns.map { $0.count }.max() ?? 0)
    return (0..<height).map { row in
      self.line(
        row == 0 ? Self.time(step.instant) : "", row < event.count ? event[row] : "",
        columns.map { row < $0.count ? $0[row] : "" })
    }
  }

  private func line(_ time: String, _ event: String, _ cells: [String]) -> String {
    var line = Self.padded(time, to: self.timeWidth) + Self.padded(event, to: self.eventWidth)
    for cell in cells { line += Self.padded(cell, to: self.cellWidth + 1) }
    while line.last == " " { line.removeLast() }
    return line
  }

  // MARK: - Text

  static func account(of device: String) -> String {
    device.split(separator: "/", maxSplits: 1).first.map { String($0) } ?? device
  }

  /// Hours, minutes, seconds and, in the first hour, hundredths.
  static func time(_ instant: MonotonicInstant) -> String {
    let hundredths = instant.nanoseconds / 10_000_000
    let seconds = hundredths / 100
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60)
    if hour > 0 { return "\(hour):\(Self.two(minute)):\(Self.two(second))" }
    return "\(minute):\(Self.two(second)).\(Self.two(hundredths % 100))"
  }

  private static func two(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = "  "
      }
      if !line.isEmpty, line != "  " { line += " " }
      line += word
      while line.count > width {
        lines.append(String(line.prefix(width)))
        line = "  " + String(line.dropFirst(width))
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

import Glibc

/// What the server says about itself: one line for each event.
///
///     2026-11-21T15:00:00.123Z info session.bound user=alice@localhost resource=phone
///
/// A line is the moment in UTC, the level, the event's name, and the event's fields. Values come
/// from peers and are escaped where needed, so that no value can look like a field or a line. What
/// people write to each other and their passwords are never passed to the log.
///
/// A sink that takes nothing more (a full pipe that must not block) costs lines, never time: they
/// are counted, and the first line that gets through again is preceded by `log.dropped`.
public final class ServerLog {
  /// Names and values of an event, in the order in which they are written.
  public typealias Fields = KeyValuePairs<StaticString, any CustomStringConvertible>

  /// Takes bytes and says how many of them it took, from the first on; fewer when there is no room
  /// for more at the moment.
  public typealias Sink = (UnsafeRawBufferPointer) -> Int

  /// Bytes of UTF-8 that a value may have; what is beyond is cut off.
  public static let valueLimit = 256
  /// Bytes that a line may have with its line feed; fields beyond are left out and an ellipsis says
  /// so. It is less than a pipe takes at once, so that lines of several processes do not mix.
  public static let lineLimit = 2_048

  /// The least severe level that is written.
  public var level: LogLevel
  /// Lines that the sink had no room for since the last one it took.
  public private(set) var droppedLines = 0

  private let sink: Sink
  private let now: () -> timespec
  private var stamp = LogStamp()
  private var line: [UInt8] = []
  /// The rest of a line of which the sink took only a part.
  private var unsent: [UInt8] = []

  /// A log that writes to a file descriptor, by default to standard error.
  public convenience init(level: LogLevel, fileDescriptor: CInt = STDERR_FILENO) {
    self.init(level: level, now: LogStamp.now) { Self.write($0, to: fileDescriptor) }
  }

  /// A log with its own clock and its own way out.
  public init(level: LogLevel, now: @escaping () -> timespec, sink: @escaping Sink) {
    self.level = level
    self.now = now
    self.sink = sink
    self.line.reserveCapacity(Self.lineLimit)
  }

  /// Whether events of a level are written.
  public func isOn(_ level: LogLevel) -> Bool { level <= self.level }

  /// Writes an event that keeps the server from its work. The fields are made only if it is
  /// written.
  public func error(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
    if self.isOn(.error) { self.write(.error, event, fields()) }
  }

  /// Writes an event to look at. The fields are made only if it is written.
  public func warning(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
    if self.isOn(.warning) { self.write(.warning, event, fields()) }
  }

  /// Writes an event of normal operation. The fields are made only if it is written.
  public func info(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
    if self.isOn(.info) { self.write(.info, event, fields()) }
  }

  /// Writes a single step. The fields are made only if it is written.
  public func debug(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
    if self.isOn(.debug) { self.write(.debug, event, fields()) }
  }

  private func write(_ level: LogLevel, _ event: StaticString, _ fields: Fields) {
    guard self.sendRest() else {
      self.droppedLines += 1
      return
    }
    if self.droppedLines > 0 {
      let count = self.droppedLines
      guard self.send(.warning, "log.dropped", ["lines": count]) else {
        self.droppedLines += 1
        return
      }
      self.droppedLines = 0
    }
    if !self.send(level, event, fields) { self.droppedLines += 1 }
  }

  /// Sends what is left of a line; false while some of it still is.
  private func sendRest() -> Bool {
    if self.unsent.isEmpty { return true }
    let taken = self.unsent.withUnsafeBytes { self.sink($0) }
    self.unsent.removeFirst(min(max(0, taken), self.unsent.count))
    return self.unsent.isEmpty
  }

  /// Makes and sends one line; false when the sink took nothing of it.
  private func send(_ level: LogLevel, _ event: StaticString, _ fields: Fields) -> Bool {
    self.line.removeAll(keepingCapacity: true)
    self.stamp.append(self.now(), to: &self.line)
    self.line.append(UInt8(ascii: " "))
    self.append(level.name)
    self.line.append(UInt8(ascii: " "))
    self.append(event)
    self.append(fields)
    self.line.append(UInt8(ascii: "\n"))
    let taken = self.line.withUnsafeBytes { self.sink($0) }
    guard taken > 0 else { return false }
    if taken < self.line.count { self.unsent = Array(self.line[taken...]) }
    return true
  }

  private func append(_ fields: Fields) {
    let end = Self.lineLimit - 1
    let mark = " \(LogText.ellipsis)"
    for (name, value) in fields {
      let start = self.line.count
      self.line.append(UInt8(ascii: " "))
      self.append(name)
      self.line.append(UInt8(ascii: "="))
      LogText.append(value.description, limit: Self.valueLimit, to: &self.line)
      if self.line.count + mark.utf8.count > end {
        self.line.removeSubrange(start...)
        self.line.append(contentsOf: mark.utf8)
        return
      }
    }
  }

  private func append(_ text: StaticString) {
    text.withUTF8Buffer { self.line.append(contentsOf: $0) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to fileDescriptor: CInt) -> Int {
    var taken = 0
    while taken < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
      let count = Glibc.write(fileDescriptor, rest.baseAddress, rest.count)
      if count > 0 {
        taken += count
      } else if count == 0 || errno != EINTR {
        // No room, or nobody at the other end: nothing that a log could do anything about.
        break
      }
    }
    return taken
  }
}

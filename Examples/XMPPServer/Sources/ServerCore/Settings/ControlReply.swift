/// The server's answer to a command, taken as it arrives: any number of lines, then a line with
/// nothing but a full stop. A first or last line of the form `error: TEXT` says that it failed.
public struct ControlReply {
  /// Bytes that a line of an answer may have.
  public static let lineLimit = 64 << 10

  /// A line of an answer.
  public enum Line: Equatable, Sendable {
    /// Something to print.
    case text(String)
    /// What went wrong, without `error: `; only the first line is one.
    case failure(String)
  }

  /// Whether the last line has come.
  public private(set) var isComplete = false
  /// Whether the first line, or the last one so far, says that the command failed.
  public var isFailure: Bool { self.beganWithError || self.lastIsError }

  private var beganWithError = false
  private var lastIsError = false
  private var isAtFirstLine = true
  private var pending: [UInt8] = []

  /// An answer of which nothing has come.
  public init() {}

  /// Takes bytes; what follows the answer is passed over.
  ///
  /// - Returns: The lines that they complete, or nil when a line is too long.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> [Line]? {
    var lines: [Line] = []
    for byte in bytes where !self.isComplete {
      guard byte == UInt8(ascii: "\n") else {
        guard self.pending.count < Self.lineLimit else { return nil }
        self.pending.append(byte)
        continue
      }
      if let line = self.line() { lines.append(line) }
    }
    return lines
  }

  /// The line that is complete now; nil when it is the end.
  private mutating func line() -> Line? {
    if self.pending.last == 0x0D { self.pending.removeLast() }
    let text = String(decoding: self.pending, as: UTF8.self)
    self.pending.removeAll(keepingCapacity: true)
    if text == "." {
      self.isComplete = true
      return nil
    }
    let isFirst = self.isAtFirstLine
    self.isAtFirstLine = false
    self.lastIsError = text.hasPrefix(Self.errorMark)
    guard isFirst, self.lastIsError else { return .text(text) }
    self.beganWithError = true
    return .failure(String(text.dropFirst(Self.errorMark.count)))
  }

  /// How the text of a failure begins.
  public static let errorMark = "error: "
}

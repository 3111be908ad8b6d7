public import MDM

/// What is wrong with a timeline's notation, and in which line.
public struct TimelineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong.
  public let problem: Problem

  /// What can be wrong.
  @nonexhaustive
  public enum Problem: Hashable, Sendable {
    /// There is no line that begins with the columns time and event.
    case missingHeader
    /// Two columns have the same name.
    case repeatedColumn(String)
    /// The row has more cells than there are columns.
    case tooManyCells
    /// The first cell is no clock reading.
    case malformedTime(String)
    /// The row's time lies before that of the row above.
    case timeGoesBack(String)
    /// The event is not in the notation.
    case unknownEvent(String)
    /// A word after the event is not in the notation.
    case unknownWord(String)
    /// No column is named after the device.
    case unknownDevice(String)
    /// There is no such setting.
    case unknownSetting(String)
    /// The setting or option does not take this value.
    case malformedValue(String)
    /// No message has been archived under this id.
    case unknownStanza(String)
    /// The settings do not go together.
    case configuration(ConfigurationError)
  }

  init(_ line: Int, _ problem: Problem) {
    self.line = line
    self.problem = problem
  }

  /// Line and problem in one sentence.
  public var description: String {
    let text =
      switch self.problem {
      case .missingHeader: "there is no header that begins with time | event"
      case .repeatedColumn(let name): "the column \(name) is there twice"
      case .tooManyCells: "there are more cells than columns"
      case .malformedTime(let text): "\"\(text)\" is no clock reading such as 4:59.999"
      case .timeGoesBack(let text): "\(text) is earlier than the row above"
      case .unknownEvent(let text): "\"\(text)\" is no event"
      case .unknownWord(let text): "\"\(text)\" means nothing here"
      case .unknownDevice(let text): "there is no column for the device \(text)"
      case .unknownSetting(let text): "there is no setting \(text)"
      case .malformedValue(let text): "\"\(text)\" is not a value that can be used here"
      case .unknownStanza(let text): "no message \(text) has been archived"
      case .configuration(let error): "\(error)"
      }
    return "Line \(self.line): \(text)."
  }
}

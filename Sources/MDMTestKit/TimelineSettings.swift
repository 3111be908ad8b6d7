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

  /// Puts one setting into `values`, by the name and in the form that the configuration knows.
  static func apply(
    _ word: Substring, to values: inout Configuration.Values, line: Int
  ) throws(TimelineError) {
    let (name, value) = try Self.pair(word, line: line)
    do {
      try values.set(name, to: value)
    } catch .unknownName {
      throw TimelineError(line, .unknownSetting(name))
    } catch {
      throw TimelineError(line, .malformedValue(value))
    }
  }
}

/// A command for the running server as one line of words, as `xmpp-server ctl` sends it.
///
/// Words are separated by spaces. A word that is empty or has a space, a quotation mark, a
/// backslash or a control character stands between quotation marks; inside, `\"`, `\\`, `\n`, `\r`
/// and `\t` are those characters.
public enum ControlLine {
  /// Bytes that a line may have with its line feed.
  public static let sizeLimit = 64 << 10

  /// Why a line is no command.
  public enum ReadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The last quotation mark is missing.
    case unterminatedQuotation
    /// A backslash stands before a character that needs none, or at the end.
    case unknownEscape
    /// A character after a closing quotation mark is no space, or one opens inside of a word.
    case misplacedQuotation
    /// A character below U+0020 stands there as it is.
    case controlCharacter

    /// What is wrong.
    public var description: String {
      switch self {
      case .unterminatedQuotation: "a quotation mark is not closed"
      case .unknownEscape: "a backslash stands before something that it does not go with"
      case .misplacedQuotation: "a quotation mark stands inside of a word"
      case .controlCharacter: "there is a control character"
      }
    }
  }

  /// The line for words, without a line feed. Control characters other than line breaks and tabs
  /// become spaces.
  public static func encode(_ words: [String]) -> String {
    words.map { Self.encode($0) }.joined(separator: " ")
  }

  private static func encode(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy {
      $0.value > 0x20 && $0.value != 0x7F && $0 != "\"" && $0 != "\\"
    }
    if isPlain, !word.isEmpty { return word }
    var text = "\""
    for scalar in word.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default:
        text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
      }
    }
    return text + "\""
  }

  /// The words of a line, which may still have its line break.
  ///
  /// - Throws: ``ReadError`` with the first thing that is wrong.
  public static func decode(_ line: String) throws(ReadError) -> [String] {
    var words: [String] = []
    var rest = line.unicodeScalars[...]
    while let last = rest.last, last == "\n" || last == "\r" { rest.removeLast() }
    while true {
      rest = rest.drop { $0 == " " }
      if rest.isEmpty { return words }
      words.append(rest.first == "\"" ? try Self.quotedWord(&rest) : try Self.plainWord(&rest))
    }
  }

  private typealias Rest = String.UnicodeScalarView.SubSequence

  private static func plainWord(_ rest: inout Rest) throws(ReadError) -> String {
    var word = String.UnicodeScalarView()
    while let scalar = rest.first, scalar != " " {
      rest.removeFirst()
      if scalar == "\"" || scalar == "\\" { throw .misplacedQuotation }
      word.append(try Self.checked(scalar))
    }
    return String(word)
  }

  private static func quotedWord(_ rest: inout Rest) throws(ReadError) -> String {
    rest.removeFirst()
    var word = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"":
        if let next = rest.first, next != " " { throw .misplacedQuotation }
        return String(word)
      case "\\":
        word.append(try Self.escaped(rest.popFirst()))
      default:
        word.append(try Self.checked(scalar))
      }
    }
    throw .unterminatedQuotation
  }

  private static func escaped(_ scalar: Unicode.Scalar?) throws(ReadError) -> Unicode.Scalar {
    switch scalar {
    case "\"", "\\": scalar ?? "\\"
    case "n": "\n"
    case "r": "\r"
    case "t": "\t"
    default: throw .unknownEscape
    }
  }

  private static func checked(_ scalar: Unicode.Scalar) throws(ReadError) -> Unicode.Scalar {
    if scalar.value < 0x20 || scalar.value == 0x7F { throw .controlCharacter }
    return scalar
  }
}

/// What the command line asks for.
public struct Options: Sendable, Equatable {
  /// What is done with the benchmarks.
  public enum Action: Sendable, Equatable {
    /// They are measured and printed.
    case measure
    /// Their names are printed.
    case list
    /// Each is carried out once at its smallest size.
    case smoke
    /// They are measured and compared with the thresholds.
    case check
    /// They are measured and become the thresholds.
    case record
    /// Each carries out so many operations and nothing else.
    case profile(operations: Int)
    /// One case is measured for the process that started this one.
    case measureCase(name: String, size: Int)
    /// The options are explained.
    case help
  }

  /// What is done.
  public var action = Action.measure
  /// Whether results are printed as JSON.
  public var isJSON = false
  /// Which benchmarks: a regular expression that their names must contain; nil for all.
  public var filter: String?
  /// Which size alone; nil for all.
  public var size: Int?
  /// Another folder of thresholds than the package's own.
  public var thresholds: String?

  /// The options of a plain call.
  public init() {}

  /// Why a command line is no good.
  public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence without a full stop.
    public let description: String

    /// An error.
    public init(_ description: String) { self.description = description }
  }

  /// Reads a command line without the program's name.
  ///
  /// - Throws: ``UsageError`` for the first thing that is wrong.
  public init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    var chosen: String?
    while let option = rest.popFirst() {
      switch option {
      case "--json": self.isJSON = true
      case "--filter": self.filter = try Self.pattern(try Self.argument(of: option, &rest))
      case "--size": self.size = try Self.number(of: option, &rest)
      case "--thresholds": self.thresholds = try Self.argument(of: option, &rest)
      case "--list", "--smoke", "--check", "--record", "--profile", "--case", "--help",
        "-h":
        if let chosen, chosen != option {
          throw UsageError("\(chosen) and \(option) exclude each other")
        }
        chosen = option
        self.action = try Self.action(option, &rest)
      default:
        throw UsageError("\(option) is no option")
      }
    }
    if self.size != nil, self.action == .check || self.action == .record {
      throw UsageError("--size does not go with \(chosen ?? "this"), which compares sizes")
    }
    if self.isJSON, self.action == .record || self.action == .list || self.action == .help {
      throw UsageError("--json does not go with \(chosen ?? "this")")
    }
  }

  private static func action(
    _ option: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> Action {
    switch option {
    case "--list": return .list
    case "--smoke": return .smoke
    case "--check": return .check
    case "--record": return .record
    case "--case":
      let name = try Self.argument(of: option, &rest)
      return .measureCase(name: name, size: try Self.number(of: option, &rest))
    case "--profile": return .profile(operations: try Self.number(of: option, &rest))
    default: return .help
    }
  }

  private static func argument(
    of option: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let argument = rest.popFirst(), !argument.hasPrefix("--") else {
      throw UsageError("\(option) needs an argument")
    }
    return argument
  }

  private static func number(
    of option: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> Int {
    let text = try Self.argument(of: option, &rest)
    guard let number = Int(text), number > 0 else {
      throw UsageError("\(option) needs a positive number, not \(text)")
    }
    return number
  }

  private static func pattern(_ text: String) throws(UsageError) -> String {
    guard (try? Regex(text)) != nil else {
      throw UsageError("\(text) is no regular expression")
    }
    return text
  }

  /// Whether a benchmark is asked for.
  public func selects(_ name: String) -> Bool {
    guard let filter = self.filter, let expression = try? Regex(filter) else { return true }
    return name.contains(expression)
  }

  /// What `--help` prints.
  public static let help = """
    usage: mdm-bench [--filter REGEX] [--size N] [--json] [--thresholds DIR]
                     [--list | --smoke | --check | --record | --profile N]

      --filter REGEX   only benchmarks whose name contains a match
      --size N         only this size of each
      --json           results as JSON
      --list           names and sizes
      --smoke          each once, at its smallest size: that it works, not how fast
      --check          compare with the thresholds; exit code 1 when the gate is not passed
      --record         record the thresholds of this version of Swift anew
      --profile N      N operations of each and nothing else, for a profiler
      --thresholds DIR another folder of thresholds

    Exit codes: 0 passed, 1 not passed, 2 wrong usage.
    """
}

import MDM

/// What the command line asks for.
struct Options {
  var file: String?
  var json = false
  var metrics = false
  var node = "replay"
  var verify = false
  var strict = false
  var all = false
  var width: Int?
  var configuration = Configuration.standard
  var help = false

  /// A command line that makes no sense.
  struct UsageError: Error, CustomStringConvertible {
    let description: String
  }

  init(_ arguments: [String]) throws {
    var values = Configuration.Values()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--json": self.json = true
      case "--metrics": self.metrics = true
      case "--node":
        guard let name = rest.popFirst() else {
          throw UsageError(description: "--node needs a name")
        }
        self.node = name
      case "--verify": self.verify = true
      case "--strict": self.strict = true
      case "--all": self.all = true
      case "--help", "-h": self.help = true
      case "--set":
        guard let assignment = rest.popFirst() else {
          throw UsageError(description: "--set needs NAME=VALUE")
        }
        try Self.set(assignment, in: &values)
      case "--width":
        guard let text = rest.popFirst(), let width = Int(text), Self.widths.contains(width) else {
          throw UsageError(description: "--width needs a number from 60 to 1000")
        }
        self.width = width
      default:
        if argument.hasPrefix("--set=") {
          try Self.set(String(argument.dropFirst(6)), in: &values)
        } else if argument.hasPrefix("-") {
          throw UsageError(description: "there is no option \(argument)")
        } else if self.file == nil {
          self.file = argument
        } else {
          throw UsageError(description: "only one file can be replayed at a time")
        }
      }
    }
    do {
      self.configuration = try Configuration(values)
    } catch {
      throw UsageError(description: error.description)
    }
  }

  /// Columns a timeline can be drawn in.
  static let widths = 60...1000

  private static func set(
    _ assignment: String, in values: inout Configuration.Values
  ) throws {
    let parts = assignment.split(separator: "=", maxSplits: 1).map { String($0) }
    guard parts.count == 2 else {
      throw UsageError(description: "--set needs NAME=VALUE, not \(assignment)")
    }
    do {
      try values.set(parts[0], to: parts[1])
    } catch {
      throw UsageError(
        description: "\(error.description); settings: "
          + Configuration.Values.settingNames.joined(separator: " "))
    }
  }

  static let usage = """
    usage: replay [FILE.jsonl] [--json | --metrics [--node NAME]] [--verify] [--strict] [--all]
                  [--width N] [--set NAME=VALUE ...]

    Feeds the client-to-server stanzas of a recording through the XMPP binding and the engine, in
    virtual time, and prints what each device saw and why. Without FILE it replays a recording that
    ships with it.

      --json      print the same as data
      --metrics   print what the engine has counted, for Prometheus
      --node      the node's name in the metrics
      --verify    check the engine's invariants after every command; exit 1 with the first violation
      --strict    print nothing and exit 1 when a line cannot be read
      --all       show presence, typing, receipts and the like as well
      --width N   columns to use
      --set       change a setting, such as activeWindow=120 or perSessionLimit=20

    """
}

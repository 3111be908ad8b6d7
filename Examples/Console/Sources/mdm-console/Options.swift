import ConsoleCore
import HTTPServing
import MDM

/// What the command line asks for.
struct Options {
  var port: UInt16 = 8_480
  var office = OfficeSettings()
  var speed = 60
  var tokenFile: String?
  var attachPath: String?
  var help = false

  /// A command line that makes no sense.
  struct UsageError: Error, CustomStringConvertible {
    let description: String
  }

  init(_ arguments: [String]) throws(UsageError) {
    var size: Int?
    self.office.startMinute = 9 * 60
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h": self.help = true
      case "--port":
        self.port = UInt16(try Self.number(argument, 0...65_535, from: &rest))
      case "--people":
        self.office.people = try Self.number(argument, OfficeSettings.peopleRange, from: &rest)
      case "--seed":
        self.office.seed = UInt64(try Self.number(argument, 0...Int.max, from: &rest))
      case "--speed":
        self.speed = try Self.number(argument, 0...ConsoleOrder.speedLimit, from: &rest)
      case "--size": size = try Self.number(argument, 1...10_000_000, from: &rest)
      case "--guest":
        let name = try Self.text(argument, from: &rest)
        guard (1...OfficeSettings.guestLimit).contains(name.utf8.count) else {
          throw UsageError(description: "--guest needs a name of at most 200 bytes")
        }
        self.office.guest = name
      case "--from":
        guard let minute = OfficeTime.minute(try Self.text(argument, from: &rest)) else {
          throw UsageError(description: "--from needs a time from 06:30 to 20:29")
        }
        self.office.startMinute = minute
      case "--token-file": self.tokenFile = try Self.text(argument, from: &rest)
      case "--attach": self.attachPath = try Self.text(argument, from: &rest)
      default: throw UsageError(description: "there is no option \(argument)")
      }
    }
    self.office.size =
      size.flatMap { try? OVASize(users: $0) }
      ?? OfficeSettings.fittingSize(people: self.office.people)
  }

  private static func text(
    _ option: String, from rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let text = rest.popFirst() else {
      throw UsageError(description: "\(option) needs a value")
    }
    return text
  }

  private static func number(
    _ option: String, _ range: ClosedRange<Int>, from rest: inout ArraySlice<String>
  ) throws(UsageError) -> Int {
    guard let value = rest.popFirst().flatMap({ Int($0) }), range.contains(value) else {
      throw UsageError(
        description: "\(option) needs a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  static let usage = """
    usage: mdm-console [--port N] [--people N] [--seed N] [--speed N] [--from HH:MM] [--size N]
                       [--guest NAME] [--token-file FILE]
           mdm-console --attach SOCKET [--port N]

    Shows an office of people who chat on two or three devices each, on two nodes that stand in
    for each other, in a browser: http://localhost:8480/

      --port        where to listen, on the loopback address; 0 for any port. Default: 8480
      --people      people in the office. Default: 60
      --seed        what chance comes from: the same seed gives the same days. Default: 1
      --speed       office time by real time; 0 stops it. Default: 60, a minute each second
      --from        when the first day begins on the page. Default: 09:00
      --size        users that each node is made for. Default: fits the office
      --guest       somebody more, of this name
      --token-file  a file with the administrator's token, 16 to 256 characters; without it
                    nothing can be changed
      --attach      show a running Examples/XMPPServer instead, by its administration socket

    """
}

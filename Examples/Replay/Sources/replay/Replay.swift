import Foundation
import MDM
import ReplayCore

@main
enum Replay {
  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      if options.help {
        print(Options.usage, terminator: "")
        return
      }
      exit(try Self.run(options))
    } catch let error as Options.UsageError {
      Self.complain("replay: \(error)\n\(Options.usage)")
      exit(2)
    } catch {
      Self.complain("replay: \(error)\n")
      exit(2)
    }
  }

  private static func run(_ options: Options) throws -> Int32 {
    guard let url = options.file.map({ URL(fileURLWithPath: $0) }) ?? Replayer.sample else {
      throw Options.UsageError(description: "the recording that ships with replay is missing")
    }
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw Options.UsageError(description: "cannot read \(url.path)")
    }
    let showsProgress = isatty(STDERR_FILENO) == 1 && data.count > 2_000_000
    let result = try Replayer.replay(
      data, configuration: options.configuration, verifying: options.verify
    ) { share in
      if showsProgress { Self.complain("\r\(Int(share * 100)) %") }
    }
    if showsProgress { Self.complain("\r     \r") }
    if options.strict, let first = result.errors.first {
      Self.complain("replay: \(first)\n")
      return 1
    }
    for error in result.errors.prefix(Self.complaintLimit) { Self.complain("replay: \(error)\n") }
    if result.errors.count > Self.complaintLimit {
      let rest = result.errors.count - Self.complaintLimit
      Self.complain("replay: and \(rest) more lines that cannot be read\n")
    }
    if result.events == 0 {
      Self.complain("replay: \(url.path) holds nothing to replay\n")
      return 1
    }
    if options.json {
      FileHandle.standardOutput.write(try StoryJSON(result.story).data())
      print()
    } else if options.metrics {
      print(result.story.metrics(node: options.node), terminator: "")
    } else {
      let width = options.width ?? Self.terminalWidth
      print(
        TimelineText(result.story, width: width, showsNoise: options.all).text,
        SummaryText(result.story).text, separator: "", terminator: "")
    }
    guard options.verify else { return 0 }
    if let violation = result.violations.first {
      Self.complain("replay: VIOLATION \(violation)\n")
      return 1
    }
    Self.complain("replay: \(result.checks) commands verified, no violation\n")
    return 0
  }

  /// The terminal's width as the shell knows it, or a width that fits a page.
  private static var terminalWidth: Int {
    ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
      .map { min(max($0, Options.widths.lowerBound), Options.widths.upperBound) } ?? 132
  }

  /// Unreadable lines reported one by one; a file of something else entirely has too many.
  private static let complaintLimit = 20

  private static func complain(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}

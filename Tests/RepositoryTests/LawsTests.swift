import Testing

/// What every file of the repository keeps to. Each law names the places that break it.
@Suite("Laws of the repository")
struct LawsTests {
  private let repository = Repository.own

  /// The modules, and what each may import: arrows point down only (architecture, "Modules").
  private static let arrows: [String: Set<String>] = {
    let bottom: Set<String> = ["MDMStorage", "MDMStanza"]
    let core = bottom.union([
      "MDMSession", "MDMElection", "MDMRouting", "MDMReadSync", "MDMQuietMode", "MDMMonitoring",
    ])
    let engine = core.union(["MDMEngine"])
    return [
      "MDMStorage": [],
      "MDMStanza": ["MDMStorage"],
      "MDMSession": bottom,
      "MDMElection": bottom,
      "MDMRouting": bottom.union(["MDMSession"]),
      "MDMReadSync": bottom,
      "MDMQuietMode": bottom,
      "MDMMonitoring": bottom.union(["MDMSession"]),
      "MDMEngine": core,
      "MDMRedundancy": bottom.union(["MDMMonitoring"]),
      "MDMService": engine,
      "MDMXMPP": engine,
      "MDM": engine.union(["MDMService"]),
      "MDMTestKit": engine.union(["MDM", "MDMRedundancy"]),
    ]
  }()

  /// What comes with the toolchain and needs no platform.
  private static let toolchain: Set<String> = ["Swift", "Synchronization"]

  private static let cLibrary: Set<String> = ["Glibc", "Musl", "Darwin", "Android"]

  /// How many processors there are, only the C library knows; what time it is, it knows quickest.
  private static let cLibraryUser = "Sources/MDMService/CLibrary.swift"

  @Test("no source imports Foundation or Dispatch, and one file the C library")
  func noFoundation() {
    let forbidden: Set<String> = [
      "Foundation", "FoundationEssentials", "FoundationInternationalization", "Dispatch",
    ]
    let broken = self.repository.swiftFiles(under: "Sources").filter {
      let banned = $0.path == Self.cLibraryUser ? forbidden : forbidden.union(Self.cLibrary)
      return !banned.isDisjoint(with: $0.imports)
    }
    #expect(broken.map { $0.path } == [])
    let user = self.repository.file(Self.cLibraryUser)
    #expect(user.imports.sorted() == Self.cLibrary.sorted())
    #expect(user.lines.count < 45)
  }

  @Test("modules import only modules below them")
  func arrowsPointDown() {
    let sources = self.repository.swiftFiles(under: "Sources")
    #expect(sources.count > 50)
    for file in sources {
      guard let allowed = Self.arrows[file.module] else {
        Issue.record("\(file.path) belongs to a module that is not in the table")
        continue
      }
      let others = Set(file.imports).subtracting(allowed).subtracting(Self.toolchain)
        .subtracting(file.path == Self.cLibraryUser ? Self.cLibrary : [])
      #expect(others.sorted() == [], "\(file.path)")
    }
  }

  @Test("the umbrella re-exports and declares nothing")
  func umbrella() {
    let files = self.repository.swiftFiles(under: "Sources").filter { $0.module == "MDM" }
    for file in files {
      let places = file.places {
        !$0.isEmpty && !$0.hasPrefix("//") && !$0.hasPrefix("@_exported public import ")
      }
      #expect(places == [])
    }
    #expect(!files.isEmpty)
  }

  @Test("no line is over 100 columns, no file over 500 lines")
  func sizes() {
    for file in self.repository.swiftFiles(under: "Sources", "Examples", "Benchmarks") {
      // A row of a Markdown table cannot be broken.
      #expect(file.places { $0.count > 100 && !$0.trimmed.hasPrefix("/// |") } == [])
      // The text after the last line's end is no line.
      #expect(file.lines.count - 1 <= 500, "\(file.path)")
    }
  }

  @Test("a default over an enumeration says in the line before why it is there")
  func defaults() {
    // The law is for state machines; a binding and a test kit read other people's vocabulary.
    let exempt: Set<String?> = ["MDMXMPP", "MDMTestKit"]
    for file in self.repository.swiftFiles(under: "Sources") where !exempt.contains(file.module) {
      for number in file.lines.indices where Self.isUnexplainedDefault(number, in: file.lines) {
        Issue.record("\(file.path):\(number + 1)")
      }
    }
  }

  /// Whether the line is a default beside cases of an enumeration, without a comment before it.
  /// Over numbers, characters and texts the language itself asks for a default.
  private static func isUnexplainedDefault(_ number: Int, in lines: [String]) -> Bool {
    let text = lines[number].trimmed
    guard text.hasPrefix("default:") || text.hasPrefix("@unknown default:") else { return false }
    if number > 0, lines[number - 1].trimmed.hasPrefix("//") { return false }
    let indent = lines[number].count - text.count
    let sibling = lines[..<number].last {
      $0.trimmed.hasPrefix("case ") && $0.count - $0.trimmed.count == indent
    }
    guard let sibling = sibling?.trimmed else { return false }
    return sibling.hasPrefix("case .") || sibling.hasPrefix("case let .")
  }

  @Test("nothing is left to be done later")
  func noReminders() {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
    let files = self.repository.swiftFiles(under: "Sources", "Tests", "Examples", "Benchmarks")
    let places = files.flatMap { file in
      file.places { line in words.contains { line.contains($0) } }
    }
    #expect(places == [])
  }

  @Test("no text names a path of one machine")
  func noMachinePaths() {
    let roots = ["work", "tmp", "home", "Users"].map { "/" + $0 + "/" }
    let places = self.repository.files.flatMap { file in
      file.places { line in roots.contains { Self.mentions($0, in: line) } }
    }
    #expect(places == [])
  }

  /// Whether `root` stands in `line` as the beginning of a path, not in the middle of an address.
  private static func mentions(_ root: String, in line: String) -> Bool {
    line.ranges(of: root).contains { range in
      guard range.lowerBound > line.startIndex else { return true }
      let before = line[line.index(before: range.lowerBound)]
      return !before.isLetter && !before.isNumber && before != "." && before != "}"
    }
  }

  @Test("every module has a test target with tests in it")
  func everyModuleIsTested() {
    let manifest = self.repository.file("Package.swift")
    let text = manifest.lines.joined(separator: "\n")
    let modules = Set(self.repository.swiftFiles(under: "Sources").map { $0.module })
    // The umbrella declares nothing that could be tested.
    for module in modules.subtracting(["MDM"]).sorted() {
      let isDeclared = text.contains("tests(\"\(module)\"") || text.contains("\"\(module)Tests\"")
      #expect(isDeclared, "\(module) in Package.swift")
      let files = self.repository.swiftFiles(under: "Tests/\(module)Tests")
      #expect(files.contains { !$0.places { $0.contains("@Test") }.isEmpty }, "\(module)Tests")
    }
  }

  @Test("no test waits for the wall clock")
  func noSleeps() {
    let words = ["Task.sl" + "eep", "usl" + "eep(", " sl" + "eep(", "nanosl" + "eep("]
    let places = self.repository.swiftFiles(under: "Tests").flatMap { file in
      file.places { line in words.contains { line.contains($0) } }
    }
    #expect(places == [])
  }

  private static let core: Set<String> = [
    "MDMStanza", "MDMSession", "MDMElection", "MDMRouting", "MDMReadSync", "MDMQuietMode",
    "MDMMonitoring", "MDMEngine",
  ]

  @Test("no order of a dictionary or a set can reach an effect: the core stores none")
  func noHashedState() {
    for file in self.repository.swiftFiles(under: "Sources") where Self.core.contains(file.module) {
      let places = file.places { line in
        guard Self.hashedVariable(in: line) != nil else { return false }
        // Properties stand two columns in, or say who may use them; locals do neither.
        let isProperty =
          line.count - line.trimmed.count == 2 || line.contains(Self.propertyModifier)
        return isProperty && !line.contains("var qualifyingShows: Set<PresenceShow>")
      }
      #expect(places == [])
    }
  }

  @Test("no order of a dictionary or a set can reach an effect: the core goes through none")
  func noHashedOrder() {
    for file in self.repository.swiftFiles(under: "Sources") where Self.core.contains(file.module) {
      let names = Set(
        file.lines.compactMap { Self.hashedVariable(in: $0) })
      for name in names.sorted() {
        guard let walk = try? Regex(Self.walk(through: name)) else {
          Issue.record("\(file.path): \(name)")
          continue
        }
        #expect(file.places { $0.contains(name) && $0.contains(walk) } == [])
      }
    }
  }

  /// Going through the collection of this name, in a loop or by a method.
  private static func walk(through name: String) -> String {
    let methods = "map|forEach|compactMap|flatMap|reduce|first|randomElement|keys|values|joined"
    return "\\bin (self\\.)?\(name)\\b(?!\\.contains)|\\b\(name)\\.(\(methods))\\b"
  }

  private static var propertyModifier: Regex<Substring> {
    #/\b(?:public|package|private|fileprivate|static)\b/#
  }

  /// The name of the variable of the type `Set<…>`, `Dictionary<…>` or `[Key: Value]` that the
  /// line declares.
  private static func hashedVariable(in line: String) -> String? {
    guard line.contains("Set") || line.contains("Dictionary") || line.contains("[") else {
      return nil
    }
    let declaration =
      #/\b(?:var|let) (\w+)\s*(?::|=)\s*(?:Set\b|Dictionary\b|\[:\]|\[[A-Z][\w.<>]*\s*:)/#
    return line.firstMatch(of: declaration).map { String($0.1) }
  }
}

extension String {
  fileprivate var trimmed: Substring { self.drop { $0 == " " } }
}

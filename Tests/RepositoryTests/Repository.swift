import Foundation

/// The repository's own text files, read once for every law.
struct Repository: Sendable {
  /// One text file: its path from the root and its lines.
  struct File: Sendable {
    let path: String
    let lines: [String]

    /// The lines with their numbers, as `path:number`, for messages.
    func places(where isViolation: (String) -> Bool) -> [String] {
      self.lines.enumerated().compactMap { number, line in
        isViolation(line) ? "\(self.path):\(number + 1)" : nil
      }
    }
  }

  let files: [File]

  /// The tree that this test file belongs to.
  static let own = Repository(
    root: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent())

  private static let textEndings: Set<String> = [
    "swift", "md", "json", "sh", "yml", "yaml", "csv", "txt", "modulemap", "h", "toml", "run", "",
  ]

  private init(root: URL) {
    var files: [File] = []
    let manifest = root.appendingPathComponent("Package.swift").path
    guard FileManager.default.fileExists(atPath: manifest) else {
      // Better no file, which fails every law's own count, than somebody else's folder.
      self.files = []
      return
    }
    let keys: [URLResourceKey] = [.isRegularFileKey, .isDirectoryKey]
    let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: keys)
    while let url = walk?.nextObject() as? URL {
      let values = try? url.resourceValues(forKeys: Set(keys))
      if values?.isDirectory == true, Self.isForeign(url.lastPathComponent) {
        walk?.skipDescendants()
      }
      // In a linked working tree `.git` is a file, which names a path of the machine.
      guard values?.isRegularFile == true, url.lastPathComponent != ".git",
        Self.textEndings.contains(url.pathExtension),
        let text = try? String(contentsOf: url, encoding: .utf8)
      else { continue }
      let path = String(url.path.dropFirst(root.path.count + 1))
      files.append(File(path: path, lines: text.components(separatedBy: "\n")))
    }
    self.files = files.sorted { $0.path < $1.path }
  }

  /// What is built or belongs to the version control, wherever it lies.
  private static func isForeign(_ directory: String) -> Bool {
    directory == ".git" || directory.hasPrefix(".build") || directory == ".swiftpm"
  }

  /// Swift files below any of these folders.
  func swiftFiles(under folders: String...) -> [File] {
    self.files.filter { file in
      file.path.hasSuffix(".swift") && folders.contains { file.path.hasPrefix("\($0)/") }
    }
  }

  /// The text of the file at `path`, empty when there is none.
  func text(of path: String) -> String {
    self.file(path).lines.joined(separator: "\n")
  }

  /// Whether there is a text file at `path`.
  func exists(_ path: String) -> Bool { self.files.contains { $0.path == path } }

  /// The file at `path`, with no lines when there is none.
  func file(_ path: String) -> File {
    self.files.first { $0.path == path } ?? File(path: path, lines: [])
  }
}

extension Repository.File {
  /// The folder below `Sources` or `Tests` that the file lies in.
  var module: String {
    let parts = self.path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The modules that the file imports.
  var imports: [String] {
    self.lines.compactMap { line in
      let words = line.split(separator: " ").map { String($0) }
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
        words[..<place].allSatisfy({ Self.importModifiers.contains($0) })
      else { return nil }
      return words[place + 1].split(separator: ".").first.map { String($0) }
    }
  }

  private static let importModifiers: Set<String> = [
    "public", "package", "internal", "fileprivate", "private", "@_exported", "@testable",
    "@preconcurrency",
  ]
}

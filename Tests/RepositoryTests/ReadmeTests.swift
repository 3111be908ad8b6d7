import Foundation
import MDM
import Testing

/// What the README says is what the code does.
struct ReadmeTests {
  private let repository = Repository.own

  @Test("the README's example is the one that is compiled here")
  func exampleIsCompiled() throws {
    let readme = self.repository.text(of: "README.md")
    let block = try #require(readme.components(separatedBy: "```swift\n").dropFirst().first)
    let code = try #require(block.components(separatedBy: "```").first)
    let compiled = self.repository.text(of: "Tests/RepositoryTests/EmbeddingExample.swift")
    #expect(compiled.hasSuffix(code))
    #expect(code.split(separator: "\n").count <= 24)
  }

  @Test("the README's example delivers to the laptop, holds for the phone, and rings once")
  func exampleWorks() throws {
    var effects: [Effect] = []
    let counters = try introduce({ effects.append($0) }, at: .origin)
    let deliveries = effects.compactMap { effect -> Delivery? in
      if case .deliver(let delivery) = effect { return delivery }
      return nil
    }
    #expect(deliveries.count == 2)
    #expect(deliveries.map { $0.notification.rings } == [true, false])
    #expect(deliveries.map { $0.heldSince != nil } == [false, true])
    #expect(counters.totals.flushes == 1)
    #expect(counters.averageQueuedTime == .seconds(40))
  }

  @Test("the service guide's example is the one that is compiled here, and it works")
  func serviceExample() async throws {
    let guide = self.repository.text(of: "Documentation/Service.md")
    let block = try #require(guide.components(separatedBy: "```swift\n").dropFirst().first)
    let code = try #require(block.components(separatedBy: "```").first)
    let compiled = self.repository.text(of: "Tests/RepositoryTests/ServiceExample.swift")
    #expect(compiled.hasSuffix(code))
    let service = MessagingService(host: PrintingHost())
    #expect(try await converse(on: service) == ["chat hello (alice@example.org)"])
  }

  @Test("every setting stands in the configuration page, and nothing else does")
  func configurationPage() throws {
    let page = self.repository.text(of: "Documentation/Configuration.md")
    for name in Configuration.Values.settingNames { #expect(page.contains("`\(name)`")) }
    let rows = page.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("| `") else { return nil }
      return line.dropFirst(3).split(separator: "`").first.map { String($0) }
    }
    let known = Set(Configuration.Values.settingNames + ["eligibility"])
    #expect(rows.filter { !known.contains($0) } == [])
  }

  @Test("links between the documents lead somewhere")
  func links() throws {
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
      let text = self.repository.text(of: document)
      for part in text.components(separatedBy: "](").dropFirst() {
        let target = part.prefix { $0 != ")" }
        guard !target.hasPrefix("http") else { continue }
        #expect(self.repository.exists(String(target)), "\(document): \(target)")
      }
    }
  }
}

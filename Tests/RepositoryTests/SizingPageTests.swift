import MDM
import Testing

/// What the sizing page says is what the library works out.
struct SizingPageTests {
  private let page = Repository.own.text(of: "Documentation/Sizing.md")

  @Test("R-021: the page's example is the one that is compiled here, and it works")
  func example() throws {
    let block = self.page.split(separator: "```").first { $0.hasPrefix("swift\n") }
    let compiled = Repository.own.text(of: "Tests/RepositoryTests/SizingExample.swift")
    #expect(block.map { compiled == $0.dropFirst("swift\n".count) } == true)
    #expect(try nodesNeeded().nodes == 4)
  }

  @Test("R-021: the page's table is what the plans say")
  func table() throws {
    let sizing = try DeploymentSizing(users: 25_000, clientsPerUser: 2)
    for mode in ServingMode.allCases {
      let plan = sizing.plan(of: .users25K, mode: mode)
      let lost = mode == .alone ? "–" : Self.words(plan.clientsOfSurvivor)
      let row = "| `\(mode)` | \(plan.nodes) | \(Self.words(plan.clientsPerNode)) | \(lost) |"
      #expect(self.page.contains(row), "\(row)")
    }
  }

  /// A number with a comma between thousands.
  private static func words(_ number: Int) -> String {
    let rest = String(number % 1_000 + 1_000).dropFirst()
    return number < 1_000 ? "\(number)" : "\(Self.words(number / 1_000)),\(rest)"
  }
}

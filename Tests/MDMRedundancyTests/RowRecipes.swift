import MDMRedundancy
import MDMStanza

/// How a pair gets into each row of the table: by the events that the row's cause describes.
struct RowRecipe {
  /// Which settings a row or an event cannot do without.
  static func configuration(
    for row: String, _ event: GroupEvent? = nil
  ) throws -> RedundancyConfiguration {
    try RedundancyConfiguration {
      $0.automaticFallback = row == "P10" || event == .automaticFallbackDue
      if row == "H11" || event == .linkCut {
        $0.arbitration = .nobody
        $0.healing = .recovery
      }
    }
  }

  static let servicesDown = ServiceHealth(criticalServicesRun: false)
  static let databaseDown = ServiceHealth(databaseAnswers: false)

  /// The row each recipe begins with, and what happens then.
  static func reach(
    _ row: String, _ event: GroupEvent? = nil
  ) throws -> PairHarness {
    var pair: PairHarness
    if let origin = Self.origins[row] {
      pair = try Self.reach(origin, row == "P10" ? .automaticFallbackDue : event)
      if event == .servicesFailedToStart && (row == "P04" || row == "P10") {
        pair.starts = [.none, .none]
      }
      try Self.step(to: row, &pair)
    } else {
      pair = PairHarness(try Self.configuration(for: row, event), isOn: row != "P24")
      if row == "BOOT" { pair.cutLink() }
      pair.startBoth()
      pair.run(for: 1)
    }
    return pair
  }

  static let origins: [String: String] = [
    "P02": "P01", "P03": "P01", "P04": "P03", "P05": "P03", "P06": "P03", "P07": "P03",
    "P08": "P02", "P09": "P04", "P10": "P11", "P11": "P12", "P12": "P01", "P13": "P01",
    "P14": "P03", "P15": "P12", "P16": "P01", "P17": "P01", "P18": "H05", "P19": "P02",
    "P20": "P04", "P21": "P01", "P22": "P11", "P23": "P11", "H01": "P01", "H02": "P01",
    "H03": "P01", "H04": "P01", "H05": "BOOT", "H06": "P16", "H07": "P17", "H08": "P16",
    "H09": "P17", "H10": "P13", "H12": "P02", "H13": "P04", "H14": "P22",
  ]

  private static func step(to row: String, _ pair: inout PairHarness) throws {
    if ["P02", "P04", "P10", "H01", "H02", "H03", "H04"].contains(row) {
      pair.moves = [.none, .none]
    }
    switch row {
    case "P02", "P03": try pair.command(.failover(.first), at: .first)
    case "P04": try pair.command(.fallback(.first), at: .second)
    case "P05", "P09", "H12": pair.restart(.first)
    case "P07", "P08", "H13": pair.restart(.second)
    case "P06":
      pair.restart(.first)
      pair.restart(.second)
    case "P10": pair.run(for: 1_800)
    case "P11", "H10": pair.report(.healthy, of: .first)
    case "P12", "H01": Self.fail(.first, Self.servicesDown, &pair)
    case "P13", "H02": Self.fail(.first, Self.databaseDown, &pair)
    case "P14":
      pair.starts = [.none, .none]
      try pair.command(.fallback(.first), at: .first)
      pair.run(for: 1)
      pair.failHeldStarts()
    case "P15", "P23": Self.fail(.second, Self.servicesDown, &pair)
    case "P22": Self.fail(.second, Self.databaseDown, &pair)
    case "P16", "H03":
      pair.crash(.first)
      pair.run(for: 80)
    case "P17", "H04": pair.shutDown(.first)
    case "P18", "H06", "H07": pair.start(.first)
    case "H08", "H09":
      pair.health[0] = Self.servicesDown
      pair.starts = [.none, .none]
      pair.start(.first)
    case "P19", "P20": pair.answerMoves(.failed)
    case "P21": pair.apply(.internalError, to: .first)
    case "H05":
      pair.crash(.first)
      pair.restoreLink()
      pair.run(for: 120)
    case "H14": pair.report(.healthy, of: .second)
    default: break
    }
    pair.run(for: 1)
  }

  /// A service stays down until the users have moved.
  static func fail(_ node: NodeID, _ health: ServiceHealth, _ pair: inout PairHarness) {
    pair.report(health, of: node)
    pair.run(for: 90)
  }
}

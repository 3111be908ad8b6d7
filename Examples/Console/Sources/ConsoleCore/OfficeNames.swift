import MDMTestKit

/// Names for the office.
enum OfficeNames {
  private static let given = [
    "Ada", "Amir", "Anouk", "Bao", "Carmen", "Chidi", "Dagny", "Elif", "Emil", "Farah", "Gabriel",
    "Hana", "Ivo", "Jamila", "Jonas", "Kaito", "Leila", "Lucas", "Maya", "Mehmet", "Nadia", "Noor",
    "Olga", "Omar", "Paula", "Priya", "Quentin", "Rosa", "Samir", "Sofia", "Tariq", "Uma", "Viktor",
    "Wanda", "Yara", "Zoltan",
  ]
  private static let family = [
    "Adler", "Bennett", "Castillo", "Dubois", "Eriksson", "Fontaine", "Gupta", "Haddad", "Ivanova",
    "Jensen", "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Petrov", "Quiroga",
    "Rossi", "Schneider", "Tanaka", "Ueda", "Varga", "Weber", "Xu", "Yilmaz", "Zhang",
  ]

  /// How many different ones there are.
  static var limit: Int { Self.given.count * Self.family.count }

  /// So many different names.
  static func draw(_ count: Int, using random: inout SeededGenerator) -> [String] {
    var numbers = Array(0..<Self.limit)
    numbers.shuffle(using: &random)
    return numbers.prefix(count).map {
      "\(Self.given[$0 % Self.given.count]) \(Self.family[$0 / Self.given.count])"
    }
  }

  /// The account of somebody: the name in small letters with full stops.
  static func account(of name: String) -> String {
    name.lowercased().split(separator: " ").joined(separator: ".") + "@office.example"
  }
}

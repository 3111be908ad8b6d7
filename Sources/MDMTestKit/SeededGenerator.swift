/// A generator of pseudo-random numbers that gives the same numbers for the same seed on every
/// machine, in every build and in every process.
///
/// The algorithm is SplitMix64 in whole-number arithmetic; it is part of the contract, so a seed in
/// a bug report keeps its meaning. It is no source of secrets.
///
///     var random = SeededGenerator(seed: 7)
///     if random.chance(1, in: 5) { … }
///     let kind = random.pick(StanzaKind.allCases)
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The generator that starts from `seed`; neighbouring seeds give unrelated numbers.
  public init(seed: UInt64) {
    self.state = seed
    // One step apart, neighbouring seeds would share all but one of their numbers.
    self.state = self.next() ^ 0x5DEE_CE66_D1CE_4E5B
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ mixed &>> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed &>> 31
  }

  /// A number from 0 up to but not including `bound`; 0 when `bound` is not positive.
  public mutating func below(_ bound: Int) -> Int {
    guard bound > 0 else { return 0 }
    // The upper half of the product is even enough for tests and needs no second draw.
    return Int(self.next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in a range.
  public mutating func number(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + self.below(range.upperBound - range.lowerBound + 1)
  }

  /// True `times` times out of `total` on average.
  public mutating func chance(_ times: Int, in total: Int) -> Bool {
    self.below(total) < times
  }

  /// One of the elements of a collection that is not empty.
  public mutating func pick<Choices: RandomAccessCollection>(
    _ choices: Choices
  ) -> Choices.Element {
    precondition(!choices.isEmpty, "There is nothing to pick from.")
    return choices[choices.index(choices.startIndex, offsetBy: self.below(choices.count))]
  }

  /// One of the values, each as likely as its weight says; at least one weight is positive.
  public mutating func pick<Value>(weighted choices: [(weight: Int, value: Value)]) -> Value {
    let total = choices.reduce(0) { $0 + $1.weight }
    precondition(total > 0, "There is nothing to pick from.")
    var rest = self.below(total)
    for (weight, value) in choices {
      if rest < weight { return value }
      rest -= weight
    }
    preconditionFailure("The weights add up to less than \(total).")
  }
}

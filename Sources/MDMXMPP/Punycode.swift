/// Decodes the part of a domain's label that follows `xn--` (RFC 3492).
enum Punycode {
  private static let base: UInt32 = 36
  private static let thresholdLow: UInt32 = 1
  private static let thresholdHigh: UInt32 = 26
  private static let skew: UInt32 = 38
  private static let damp: UInt32 = 700

  /// The label that the bytes stand for, or nil when they stand for none.
  ///
  /// - Complexity: O(n²) for the insertions; a label has at most 63 octets.
  static func decode(_ label: some Sequence<UInt8>) -> [Unicode.Scalar]? {
    let bytes = Array(label)
    var output: [Unicode.Scalar] = []
    var rest = bytes[...]
    if let hyphen = bytes.lastIndex(of: UInt8(ascii: "-")) {
      for byte in bytes[..<hyphen] {
        guard byte < 0x80 else { return nil }
        output.append(Unicode.Scalar(byte))
      }
      rest = bytes[bytes.index(after: hyphen)...]
    }
    var (code, bias, position): (UInt32, UInt32, UInt32) = (128, 72, 0)
    while !rest.isEmpty {
      let before = position
      guard let sum = Self.variableLengthInteger(&rest, from: position, bias: bias) else {
        return nil
      }
      let count = UInt32(truncatingIfNeeded: output.count) + 1
      bias = Self.adapted(sum - before, count: count, isFirst: before == 0)
      let (next, overflow) = code.addingReportingOverflow(sum / count)
      guard !overflow, let scalar = Unicode.Scalar(next) else { return nil }
      code = next
      position = sum % count
      output.insert(scalar, at: Int(position))
      position += 1
    }
    return output
  }

  private static func variableLengthInteger(
    _ rest: inout ArraySlice<UInt8>, from start: UInt32, bias: UInt32
  ) -> UInt32? {
    var (sum, weight, place): (UInt32, UInt32, UInt32) = (start, 1, Self.base)
    while let byte = rest.popFirst() {
      guard let digit = Self.digit(byte) else { return nil }
      let (step, stepOverflow) = digit.multipliedReportingOverflow(by: weight)
      let (total, overflow) = sum.addingReportingOverflow(step)
      if stepOverflow || overflow { return nil }
      sum = total
      let threshold =
        place <= bias
        ? Self.thresholdLow : min(max(place - bias, Self.thresholdLow), Self.thresholdHigh)
      if digit < threshold { return sum }
      let (heavier, tooHeavy) = weight.multipliedReportingOverflow(by: Self.base - threshold)
      if tooHeavy { return nil }
      weight = heavier
      place += Self.base
    }
    return nil
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a"))
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 26
    default: nil
    }
  }

  private static func adapted(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
    var delta = isFirst ? delta / Self.damp : delta / 2
    delta += delta / count
    var bias: UInt32 = 0
    while delta > (Self.base - Self.thresholdLow) * Self.thresholdHigh / 2 {
      delta /= Self.base - Self.thresholdLow
      bias += Self.base
    }
    return bias + (Self.base - Self.thresholdLow + 1) * delta / (delta + Self.skew)
  }
}

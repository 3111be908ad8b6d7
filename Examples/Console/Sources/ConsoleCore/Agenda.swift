import MDM

/// What is to happen, in order of time, and at one time in the order in which it was put in.
struct Agenda<Event> {
  private struct Entry {
    let instant: MonotonicInstant
    let number: UInt64
    let event: Event

    static func < (left: Self, right: Self) -> Bool {
      (left.instant, left.number) < (right.instant, right.number)
    }
  }

  // A heap: each entry comes before the two below it.
  private var entries: [Entry] = []
  private var count: UInt64 = 0

  /// When the next event is due; nil when there is none.
  var next: MonotonicInstant? { self.entries.first?.instant }

  mutating func add(_ event: Event, at instant: MonotonicInstant) {
    self.entries.append(Entry(instant: instant, number: self.count, event: event))
    self.count += 1
    var place = self.entries.count - 1
    while place > 0, self.entries[place] < self.entries[(place - 1) / 2] {
      self.entries.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Takes the next event out.
  mutating func take() -> Event? {
    guard let first = self.entries.first else { return nil }
    let last = self.entries.removeLast()
    guard !self.entries.isEmpty else { return first.event }
    self.entries[0] = last
    var place = 0
    while let child = self.lesserChild(of: place), self.entries[child] < self.entries[place] {
      self.entries.swapAt(child, place)
      place = child
    }
    return first.event
  }

  private func lesserChild(of place: Int) -> Int? {
    let left = 2 * place + 1
    guard left < self.entries.count else { return nil }
    let right = left + 1
    return right < self.entries.count && self.entries[right] < self.entries[left] ? right : left
  }
}

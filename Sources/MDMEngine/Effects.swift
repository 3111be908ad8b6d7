import MDMStanza

/// A reusable, ordered list of what the host must do after a command.
///
/// The caller owns it, passes it to every command and empties it after acting; its memory is kept.
/// Inside, an effect is a small record and each stanza is referenced once a command, however many
/// devices get it, so that appending costs neither an allocation nor a reference count.
public struct Effects: Sendable {
  var storage: EffectStorage

  /// An empty list.
  ///
  /// - Parameter explaining: whether the engine writes an ``Explanation`` for each stanza and
  ///   device as well.
  public init(explaining: Bool = false) {
    self.storage = EffectStorage(explains: explaining)
  }

  /// Whether the engine explains its decisions into this list. Changed, it concerns commands from
  /// then on; switched off, it forgets the explanations there are.
  ///
  /// - Complexity: O(1) to ask and O(effects) to change.
  public var isExplaining: Bool {
    get { self.storage.explains }
    set {
      // A new storage, so that the one in use has a constant to go by.
      if newValue != self.storage.explains { self.storage = self.storage.copy(explains: newValue) }
    }
  }

  /// Why each device got each stanza or did not, in the order of decision; empty unless asked for.
  public var explanations: [Explanation] { self.storage.explanations }

  /// Forgets every effect and explanation and keeps the memory.
  ///
  /// - Complexity: O(stanzas referenced).
  public mutating func removeAll() {
    self.makeUnique()
    self.storage.removeAll()
  }

  /// Forgets every explanation and keeps the effects.
  public mutating func removeExplanations() {
    guard !self.storage.explanations.isEmpty else { return }
    self.makeUnique()
    self.storage.explanations.removeAll(keepingCapacity: true)
  }

  @inline(always)
  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&self.storage) {
      self.storage = self.storage.copy(explains: self.storage.explains)
    }
  }
}

extension Effects: RandomAccessCollection {
  /// The first effect's index.
  public var startIndex: Int { 0 }
  /// One past the last effect's index.
  public var endIndex: Int { self.storage.count }

  /// The effect at `index`.
  ///
  /// - Complexity: O(1).
  public subscript(index: Int) -> Effect {
    precondition(index >= 0 && index < self.storage.count, "There is no effect \(index).")
    return self.storage.effect(at: index)
  }
}

extension Effects: Equatable {
  /// Whether both lists hold equal effects in the same order; explanations do not count.
  public static func == (left: Self, right: Self) -> Bool {
    left.elementsEqual(right)
  }

  /// Whether the list holds just these effects.
  public static func == (left: Self, right: [Effect]) -> Bool {
    left.elementsEqual(right)
  }
}

import CBenchmark

/// What a benchmark repeats.
///
/// A workload owns everything that it touches, so that nothing is shared, checked or copied on the
/// way to what is measured.
public protocol Workload: ~Copyable {
  /// Operations after which all is as before: counts are taken over whole multiples of it.
  var period: Int { get }

  /// Periods that are carried out before anything is measured.
  var warmUps: Int { get }

  /// Makes ready for `count` operations; not measured.
  mutating func prepare(_ count: Int)

  /// Carries out `count` operations.
  mutating func run(_ count: Int)
}

extension Workload where Self: ~Copyable {
  /// Every operation is like the one before.
  public var period: Int { 1 }

  /// Enough for whatever is found or grown the first time.
  public var warmUps: Int { 3 }

  /// Nothing has to be made ready.
  public mutating func prepare(_ count: Int) {}
}

/// Keeps the optimiser from leaving out what produced `value`.
public func consume(_ value: Int) { cb_consume(Int64(truncatingIfNeeded: value)) }

/// What the machine can be asked for.
public enum Machine {
  /// Whether allocations can be counted.
  public static let countsAllocations = cb_can_count_allocations() != 0
  /// Whether instructions can be counted.
  public static let countsInstructions = cb_can_count_instructions() != 0

  /// Bytes that malloc has handed out, nil where it does not say.
  public static var bytesInUse: Int? {
    let bytes = cb_bytes_in_use()
    return bytes < 0 ? nil : Int(bytes)
  }

  /// Bytes of the process that are resident, nil where the system does not say.
  public static var bytesResident: Int? {
    let bytes = cb_bytes_resident()
    return bytes < 0 ? nil : Int(bytes)
  }

  /// Gives free memory back to the system, so that resident bytes are those in use.
  public static func trim() { cb_trim() }

  /// Nanoseconds on the monotonic clock.
  public static var nanoseconds: Int { Int(cb_nanoseconds()) }

  /// Nanoseconds that the process has used on all processors.
  public static var processorNanoseconds: Int { Int(cb_processor_nanoseconds()) }

  /// How often the processor was taken away from the calling thread while it had work to do; 0
  /// where the system does not say.
  static var threadPreemptions: Int { Int(cb_thread_preemptions()) }

  /// Keeps the calling thread to one processor, or to none any more, as far as the system lets it.
  static func keepThread(toProcessor number: Int?) { cb_thread_keep_to(CInt(number ?? -1)) }

  /// The compiler's version as `major.minor`: what code it makes, and so how many instructions,
  /// changes with it.
  public static let swiftVersion: String = {
    #if compiler(>=6.6)
      return "6.6"
    #elseif compiler(>=6.5)
      return "6.5"
    #elseif compiler(>=6.4)
      return "6.4"
    #else
      return "6.3"
    #endif
  }()

  /// Whether the optimiser was at work.
  public static let isOptimised: Bool = {
    #if DEBUG
      return false
    #else
      return true
    #endif
  }()

  /// Starts the process anew once, with hashing and addresses that are the same in every run.
  ///
  /// The seed of the standard library's hashing is read from the environment before `main`, so a
  /// process cannot settle it for itself.
  public static func restartDeterministically() {
    cb_restart_deterministically("SWIFT_DETERMINISTIC_HASHING", CommandLine.unsafeArgv)
  }
}

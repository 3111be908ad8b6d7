// The one file of the package that asks the C library anything: how many processors there are, and
// what time it is, which through `ContinuousClock` and `Duration` takes four times as many steps.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#endif

#if !canImport(Darwin) && !os(Linux) && !os(Android)
  private let firstInstant = ContinuousClock.now
#endif

/// Nanoseconds of the machine's clock that goes on while it is suspended.
func continuousNanoseconds() -> Int64 {
  #if canImport(Darwin)
    return Int64(bitPattern: clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW))
  #elseif os(Linux) || os(Android)
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  #else
    let (seconds, attoseconds) = firstInstant.duration(to: .now).components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  #endif
}

/// How many processors the machine has online, at least 1 and at most 256.
func processorCount() -> Int {
  #if canImport(Darwin) || canImport(Glibc) || canImport(Musl) || canImport(Android)
    return min(256, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  #else
    return 1
  #endif
}

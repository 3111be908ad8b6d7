// The one file of the package that asks the C library anything: how many processors there are.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#endif

/// How many processors the machine has online, at least 1 and at most 256.
func processorCount() -> Int {
  #if canImport(Darwin) || canImport(Glibc) || canImport(Musl) || canImport(Android)
    return min(256, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  #else
    return 1
  #endif
}

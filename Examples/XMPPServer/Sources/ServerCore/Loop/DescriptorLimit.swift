import Glibc

/// How many files and sockets the process may have open.
enum DescriptorLimit {
  /// Descriptors that are not connections: listeners, the store, the log.
  private static let reserve: rlim_t = 64

  /// Raises the limit as far as so many connections need and the system lets; returns how many
  /// connections there is room for.
  static func makeRoom(forConnections connections: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return connections
    }
    let wanted = rlim_t(connections) + Self.reserve
    if limit.rlim_cur < wanted {
      limit.rlim_cur = min(wanted, limit.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    return limit.rlim_cur > Self.reserve ? Int(clamping: limit.rlim_cur - Self.reserve) : 0
  }
}

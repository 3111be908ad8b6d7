import BenchmarkKit
import MDM

// The service beside the engine that it is made of.

extension MessagingService {
  /// A service with two shards and a host that does nothing.
  static func silent() -> MessagingService {
    let configuration = expect("configuration") { try ServiceConfiguration { $0.shards = 2 } }
    return MessagingService(configuration: configuration, host: SilentHost())
  }
}

extension Benchmark {
  static let service = Benchmark(
    "service", "a message through the service to a host that does nothing, on one thread",
    size: "quiet devices", of: [1]
  ) { _, recorder in
    let name = AccountName(Scene.name(0))
    var service = HostedService(.silent(), accounts: [name])
    recorder.measure(&service, sample: 100, allocations: .atMost(0))
    // A host without the service performs its effects as well, so that is what it is compared with.
    var engine = HostedEngine(accounts: [name])
    recorder.record(
      Value(
        "instructions-of-engine", recorder.instructions(of: &engine, count: 100),
        "instructions"))
    recorder.record(
      Value(
        "times-engine", recorder.timeRatio(of: &service, to: &engine), "times as long",
        .limitOnly, limit: .atMost(3)))
    engine.performs = false
    recorder.record(
      Value(
        "times-engine-without-effects", recorder.timeRatio(of: &service, to: &engine),
        "times as long"))

    var timed = HostedService(.silent(), accounts: [name], asksClock: true)
    recorder.record(
      Value(
        "allocations-with-clock", recorder.allocations(of: &timed, count: 1), "allocations",
        .exact, limit: .atMost(0)))
    if let times = recorder.nanoseconds(of: &timed) {
      recorder.record(Value("ns-with-clock", times.minimum, "ns"))
    }
    recorder.record(
      Value(
        "times-with-clock", recorder.timeRatio(of: &timed, to: &service), "times as long"))
  }

  static let serviceThreads = Benchmark(
    "service-threads", "the service on so many threads, each with the accounts of its own shard",
    size: "threads", of: [2]
  ) { _, recorder in
    let service = MessagingService.silent()
    let names = (0..<2).map { shard in
      (0..<4_096).lazy.map { AccountName(Scene.name($0)) }
        .filter { service.shard(of: $0) == shard }.prefix(512)
    }
    let served = names.map { Job(HostedService(service, accounts: Array($0))) }
    // Two engines that share nothing, one for each thread, tell how much the machine gives to two
    // threads just now. The service has to do as well as they, whatever that is: 1.7 of 2.
    let bare = names.map { Job(HostedEngine(accounts: Array($0))) }

    let partner = Partner()
    let count = recorder.isSmoke ? 1 : 1_024
    let wanted = recorder.mode == .full ? 400 : 0
    let patience = Machine.nanoseconds + 10_000_000_000
    var (services, engines) = (PairTiming(), PairTiming())
    repeat {
      services.measure(served[0], served[1], count: count, with: partner)
      engines.measure(bare[0], bare[1], count: count, with: partner)
    } while min(services.undisturbed, engines.undisturbed) < wanted
      && Machine.nanoseconds < patience
    partner.dismiss()
    guard recorder.mode == .full else { return }
    // A machine that never lets two threads run at once cannot tell.
    let isTold = min(services.undisturbed, engines.undisturbed) >= 10
    recorder.record(Value("slices", Double(services.undisturbed), "slices"))
    recorder.record(Value("gain", isTold ? services.gain : nil, "times as much"))
    recorder.record(Value("gain-of-engines", isTold ? engines.gain : nil, "times as much"))
    recorder.record(
      Value(
        "gain-against-engines", isTold ? services.gain / engines.gain : nil, "times as much",
        .limitOnly, limit: .atLeast(0.85)))
  }
}

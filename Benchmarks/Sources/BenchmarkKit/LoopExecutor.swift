import Synchronization

/// Carries tasks out on whichever thread calls ``drain()``, as a server's event loop does.
///
/// What one side hands to a task is so measured without threads that wake each other, which takes
/// as long as the machine's load lets it, and instructions can be counted.
public final class LoopExecutor: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])

  /// An executor without tasks; `Task(executorPreference:)` gives it some.
  public init() {}

  /// Keeps a job until the loop comes round.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    self.jobs.withLock { $0.append(job) }
  }

  /// Carries out what waits, oldest first, until nothing does.
  public func drain() {
    while let job = self.jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      job.runSynchronously(on: self.asUnownedTaskExecutor())
    }
  }
}

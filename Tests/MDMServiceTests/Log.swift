import Foundation
import Synchronization

/// A list that several threads append to.
final class Log<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  /// Everything so far.
  var all: [Element] { self.elements.withLock { $0 } }

  func append(_ element: Element) { self.elements.withLock { $0.append(element) } }
}

/// Runs `body` on so many threads of its own, each with its number, and returns when all are done.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
  await withTaskGroup(of: Void.self) { group in
    for number in 0..<count {
      group.addTask {
        await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
          let thread = Thread {
            body(number)
            done.resume()
          }
          thread.stackSize = 1 << 20
          thread.start()
        }
      }
    }
  }
}

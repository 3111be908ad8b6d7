import ConsolePages
import HTTPServing
import MDM
import Synchronization

/// The console: a source, and everybody who looks at it. To be used from several threads.
public final class Console: Sendable {
  private struct State {
    let source: any ConsoleSource
    var streams: [EventStream] = []
    /// Real nanoseconds since the streams were told.
    var untold: Int64 = 0
  }

  private let state: Mutex<State>
  private let access: Mutex<Access?> = Mutex(nil)

  /// Real time between two states on a stream.
  public static let interval: Int64 = 400_000_000
  /// Browsers that are told at once.
  public static let streamLimit = 32

  /// A console that shows an office.
  public init(office settings: OfficeSettings, speed: Int) {
    self.state = Mutex(State(source: OfficeSource(settings, speed: speed)))
  }

  /// A console that shows a server, by its administration socket.
  public init(attachedTo path: String) {
    self.state = Mutex(State(source: AttachedSource(path: path)))
  }

  /// The console is served by these rules from now on. Until then every request is refused.
  public func open(_ access: Access) { self.access.withLock { $0 = access } }

  /// So many nanoseconds of real time have passed; everybody is told what has become of it.
  public func pass(nanoseconds: Int64) {
    self.state.withLock { state in
      state.source.pass(nanoseconds: nanoseconds)
      state.untold += nanoseconds
      guard state.untold >= Self.interval else { return }
      state.untold = 0
      self.tell(&state)
    }
  }

  private func tell(_ state: inout State) {
    guard !state.streams.isEmpty else { return }
    let text = self.describe(state.source).text
    state.streams.removeAll { !$0.send("state", data: text) }
  }

  private func describe(_ source: any ConsoleSource) -> JSON {
    guard case .object(let members) = source.state else { return .null }
    let allowsOrders = self.access.withLock { $0?.allowsOrders ?? false }
    return .object(members + [JSON.Member(name: "allowsOrders", value: .bool(allowsOrders))])
  }

  // MARK: - Requests

  /// Answers a request.
  public func respond(to request: HTTPRequest) -> HTTPResponse {
    guard let access = self.access.withLock({ $0 }) else { return .plain(503, "not open yet") }
    if let refusal = access.refusal(of: request) { return refusal }
    guard let path = request.path else { return .plain(400, "the path cannot be decoded") }
    if path.starts(with: ["api", "orders"]) {
      return self.order(request, path.dropFirst(2), access)
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      var response = HTTPResponse.plain(405, "only GET and HEAD here")
      response.headers.append(.init("Allow", "GET, HEAD"))
      return response
    }
    return self.look(request, path) ?? .plain(404, "there is nothing here")
  }

  private func order(
    _ request: HTTPRequest, _ path: ArraySlice<String>, _ access: Access
  ) -> HTTPResponse {
    guard request.method == "POST" else {
      var response = HTTPResponse.plain(405, "orders are posted")
      response.headers.append(.init("Allow", "POST"))
      return response
    }
    if let refusal = access.refusalOfOrder(request) { return refusal }
    do throws(OrderError) {
      guard let order = try ConsoleOrder.parse(path, request) else {
        return .plain(404, "there is no such order")
      }
      let failure = self.state.withLock { state -> OrderError? in
        do throws(OrderError) {
          try state.source.perform(order)
          self.tell(&state)
          return nil
        } catch { return error }
      }
      if let failure { return .plain(409, "\(failure)") }
      return .plain(200, "done")
    } catch {
      return .plain(400, "\(error)")
    }
  }

  private func look(_ request: HTTPRequest, _ path: [String]) -> HTTPResponse? {
    switch path {
    case []: return Self.page("index.html")
    case ["healthz"]: return .plain(200, "ok")
    case ["metrics"]: return self.metrics()
    case ["api", "events"]: return self.stream()
    case ["api", "state"]: return .json(self.state.withLock { self.describe($0.source) })
    case ["api", "history"]:
      let first = request.argument("from").flatMap { Int($0) } ?? 0
      return self.state.withLock { $0.source.history(from: first) }.map { .json($0) }
    case ["api", "people"]: return self.state.withLock { $0.source.people }.map { .json($0) }
    case ["api", "report"], ["api", "report.csv"], ["api", "users"], ["api", "users.csv"]:
      return self.report(path[1], of: request.argument("node"))
    case _ where path.count == 3 && path.starts(with: ["api", "people"]):
      return self.state.withLock { $0.source.person(path[2]) }.map { .json($0) }
    case _ where path.count == 1: return Self.page(path[0])
    default: return nil
    }
  }

  private static func page(_ name: String) -> HTTPResponse? {
    Page.all.first { $0.name == name }.map { .of($0.mediaType, $0.bytes) }
  }

  private func metrics() -> HTTPResponse? {
    self.state.withLock { $0.source.metrics }.map {
      .of(PrometheusText.contentType, Array($0.utf8))
    }
  }

  private func stream() -> HTTPResponse {
    let stream = EventStream()
    let isWelcome = self.state.withLock { state in
      state.streams.removeAll { $0.isClosed }
      guard state.streams.count < Self.streamLimit else { return false }
      state.streams.append(stream)
      stream.send("state", data: self.describe(state.source).text)
      return true
    }
    guard isWelcome else { return .plain(503, "too many browsers are looking") }
    return HTTPResponse(
      200, headers: HTTPResponse.guards + [.init("Content-Type", "text/event-stream")],
      body: .events(stream))
  }

  private func report(_ part: String, of node: String?) -> HTTPResponse? {
    guard let report = self.state.withLock({ $0.source.report }) else { return nil }
    if let node, !report.nodes.contains(where: { $0.name == node }) { return nil }
    let place = node.map { "-\($0)" } ?? ""
    switch part {
    case "report": return .json(report.json)
    case "report.csv": return .csv(report.csv(), named: "sessions.csv")
    case "users": return .json(report.usersJSON(of: node))
    default: return .csv(report.usersCSV(of: node), named: "users\(place).csv")
    }
  }
}

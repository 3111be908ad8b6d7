import ServerCore

/// Serves until the server is told to stop.
func runServer(_ settings: ServerSettings, _ log: ServerLog) throws {
  try XMPPServer(settings: settings, log: log).run()
}

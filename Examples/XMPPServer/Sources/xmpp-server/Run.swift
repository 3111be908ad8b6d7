import ServerCore

/// Serves until the server is told to stop.
func runServer(_ settings: ServerSettings, _ log: ServerLog) throws {
  throw ProgramError("this build serves nobody yet")
}

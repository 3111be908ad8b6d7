import Glibc

// A peer or a pipe that goes away is an error of a call, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(Program.run(Array(CommandLine.arguments.dropFirst())))

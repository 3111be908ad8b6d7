"""A server's process and its children: start, stop, processor time, resident memory."""

import os
import signal
import subprocess
import time

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ServerFailure(Exception):
    """A server did not start, died or left a wish unanswered; the text says which."""


class ServerProcess:
    """One server, in a process group of its own so that it can be ended with its children."""

    def __init__(self, command, environment, directory, log_path):
        self.log_path = log_path
        self.log = open(log_path, "wb")
        self.child = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self):
        return self.child.pid

    def check(self):
        """Raises when the server has ended by itself."""
        if self.child.poll() is not None:
            raise ServerFailure(f"ended with status {self.child.returncode}: {self.log_tail()}")

    def log_tail(self):
        with open(self.log_path, "rb") as file:
            return file.read()[-2000:].decode(errors="replace").strip()

    def stop(self, patience=15):
        """Asks the server to end, and ends its process group when it does not."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()
        self.log.close()

    def members(self):
        """The ids of the server's process and of all its living descendants."""
        parents = {}
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/stat") as file:
                    parents[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
        found = {self.pid}
        grown = True
        while grown:
            children = {pid for pid, parent in parents.items() if parent in found}
            grown = not children <= found
            found |= children
        return found

    def cpu_seconds(self):
        """User and system time so far, of ended children too.

        The living are read from each process's own clock: the sum that /proc/PID/stat rounds to
        hundredths of a second, in nanoseconds. The ended ones are in the parents' /proc/PID/stat.
        """
        total = 0.0
        ticks = os.sysconf("SC_CLK_TCK")
        for pid in self.members():
            try:
                # What clock_getcpuclockid(3) gives: the id of another process's clock.
                total += time.clock_gettime((~pid << 3) | 2)
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                total += (int(fields[13]) + int(fields[14])) / ticks
            except (OSError, ValueError):
                continue
        return total

    def resident_bytes(self):
        total = 0
        for pid in self.members():
            try:
                with open(f"/proc/{pid}/statm") as file:
                    total += int(file.read().split()[1]) * PAGE_BYTES
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total

"""The console under test as a process."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import urllib.request
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3]
TOKEN = "a-token-for-tests-only"
_LISTENING = re.compile(r"listening (http://localhost:(\d+)/)")


class Console:
    """A console process; started again it listens where it did before."""

    def __init__(self, *options, token=True):
        self.options = list(options)
        self.directory = Path(tempfile.mkdtemp(prefix="console-"))
        self.port = 0
        self.process = None
        self.log = []
        if token:
            path = self.directory / "token"
            path.touch(mode=0o600)
            path.write_text(TOKEN + "\n")
            self.options += ["--token-file", str(path)]

    def start(self, timeout=60):
        ready, self.listens = threading.Event(), False
        self.process = subprocess.Popen(
            [os.environ["MDM_CONSOLE"], "--port", str(self.port), *self.options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self.process.stdout, ready), daemon=True).start()
        if not ready.wait(timeout) or not self.listens:
            raise RuntimeError("the console does not listen: " + "\n".join(self.log))

    def _read(self, stream, ready):
        for line in stream:
            self.log.append(line.rstrip())
            found = _LISTENING.search(line)
            if found:
                self.port, self.listens = int(found[2]), True
                ready.set()
        ready.set()

    @property
    def url(self):
        return f"http://localhost:{self.port}/"

    def stop(self, timeout=20):
        """Ends it as an operator does; its exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.process = None
        return status

    def hang(self):
        """Stops it in its tracks: nothing is closed, nothing answered."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def bytes(self, path):
        with urllib.request.urlopen(self.url + path.lstrip("/"), timeout=20) as answer:
            return answer.read()

    def json(self, path):
        return json.loads(self.bytes(path))

    def order(self, path):
        """An order as an administrator gives it."""
        request = urllib.request.Request(
            f"{self.url}api/orders/{path}",
            method="POST",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        urllib.request.urlopen(request, timeout=20).close()

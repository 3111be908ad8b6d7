"""The server under test as a process with a directory of its own."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3]
DOMAIN = "localhost"
_LISTENING = re.compile(r"listening (?:(\S*):)?(\d+)( TLS)?\s*$")

_binary = None


def binary():
    """The program: `$XMPP_SERVER`, or built once."""
    global _binary
    if _binary is None:
        _binary = os.environ.get("XMPP_SERVER")
    if _binary is None:
        command = ["swift", "build", "--package-path", str(PACKAGE), "--product", "xmpp-server"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        shown = subprocess.run(
            [*command, "--show-bin-path"], check=True, capture_output=True, text=True
        )
        _binary = str(Path(shown.stdout.strip()) / "xmpp-server")
    return _binary


class ServerFailure(Exception):
    """The server or one of its commands did not do what was asked."""


class Server:
    """A server process; its data outlive it until `remove`."""

    DEFAULTS = {
        "domain": DOMAIN,
        "listen": "127.0.0.1:0",
        "listenTLS": "none",
        "tls": "off",
        "registration": "off",
        "archive": "on",
        "log": "debug",
        "connectionsPerAddress": "1000",
    }

    def __init__(self, settings=None):
        self.directory = Path(tempfile.mkdtemp(prefix="xmpp-"))
        self.settings = {**self.DEFAULTS, **{k: str(v) for k, v in (settings or {}).items()}}
        self.settings.setdefault("data", str(self.directory / "data"))
        self.settings.setdefault("control", str(self.directory / "control.sock"))
        self.config = self.directory / "server.conf"
        self.config.write_text("".join(f"{k} = {v}\n" for k, v in self.settings.items()))
        self.log = []
        self.process = None
        self.port = None
        self.tls_port = None
        self.passwords = {}

    # The process

    def start(self, timeout=30):
        """Starts the server and waits until it listens."""
        self.port = self.tls_port = None
        ready = threading.Event()
        wanted = 2 if self.settings["listenTLS"] != "none" else 1
        self.process = subprocess.Popen(
            [binary(), "run", "--config", str(self.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.directory,
        )
        self._reader = threading.Thread(
            target=self._read, args=(self.process.stderr, ready, wanted), daemon=True
        )
        self._reader.start()
        if not ready.wait(timeout) or self.port is None:
            raise ServerFailure("the server does not listen:\n" + self.log_text())

    def _read(self, stream, ready, wanted):
        seen = 0
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self.log.append(line)
            found = _LISTENING.search(line)
            if found:
                seen += 1
                if found[3]:
                    self.tls_port = int(found[2])
                else:
                    self.port = int(found[2])
                if seen == wanted:
                    ready.set()
        ready.set()

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout=20):
        """Ends the server as an operator does and returns its exit status."""
        if self.process is None:
            return 0
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            self.process.stderr.close()
            self.process = None
            raise ServerFailure("the server does not end on SIGTERM") from None
        self._reader.join()
        self.process.stderr.close()
        self.process = None
        return status

    def kill(self):
        """Ends the server as a power failure does."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()
        self.process = None

    def remove(self):
        if self.is_running:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log_text(self, count=120):
        return "\n".join(self.log[-count:])

    # Commands

    def _run(self, *arguments, text=None):
        done = subprocess.run(
            [binary(), *arguments],
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            cwd=self.directory,
            timeout=60,
        )
        if done.returncode != 0:
            raise ServerFailure(
                f"{' '.join(arguments)}: status {done.returncode}: {done.stderr.strip()}"
            )
        return done.stdout

    def add_accounts(self, *names):
        """Accounts whose password is their name and `-secret`."""
        for name in names:
            self.passwords[name] = f"{name}-secret"
        lines = "".join(f"{name} {self.passwords[name]}\n" for name in names)
        self._run("adduser", "--batch", "-", "--config", str(self.config), text=lines)

    def add_account(self, name, password):
        self.passwords[name] = password
        self._run(
            "adduser", name, "--config", str(self.config), "--password-file", "-",
            text=password + "\n",
        )

    def control(self, *arguments):
        """What a control command prints."""
        return self._run("ctl", "--config", str(self.config), *arguments)

    async def ctl(self, *arguments):
        return await asyncio.to_thread(self.control, *arguments)

    async def sessions(self):
        """`ctl sessions`: fields by full JID."""
        result = {}
        for line in (await self.ctl("sessions")).splitlines():
            words = line.split()
            if words and "@" in words[0]:
                fields = (word.partition("=") for word in words[1:])
                result[words[0]] = {name: value for name, sign, value in fields if sign}
        return result

    async def counters(self):
        """`ctl counters`: numbers by name."""
        result = {}
        for line in (await self.ctl("counters")).splitlines():
            words = line.split()
            if len(words) == 2:
                result[words[0]] = float(words[1])
        return result

    async def until(self, question, condition, what, timeout=20):
        """Asks the server until the answer fulfils the condition, and returns the answer."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            answer = await question()
            if condition(answer):
                return answer
            if loop.time() > end:
                raise AssertionError(f"{what} not after {timeout} s; the last answer: {answer}")
            await asyncio.sleep(0.02)

    async def until_session(self, jid, **wanted):
        """Waits until `ctl sessions` shows a session with these fields."""

        def fits(sessions):
            fields = sessions.get(jid)
            return fields is not None and all(fields.get(k) == str(v) for k, v in wanted.items())

        return await self.until(self.sessions, fits, f"a session {jid} with {wanted}")

"""A running server's administration socket instead of an office."""

import socketserver
import tempfile
import threading
from pathlib import Path

from harness import ConsoleCase

SESSIONS = """\
alice@example.org/laptop mdm=true mode=normal active=true phase=connected available=true priority=0 kind=desktop held=0 peer=x tls=off
alice@example.org/my phone mdm=true mode=quiet active=false phase=connected available=true priority=0 kind=iPhone held=7 peer=x tls=off
bob@example.org/<b>tablet</b> mdm=true mode=quiet active=false phase=suspended available=true priority=0 held=2 peer=none tls=off"""
METRICS = """\
# TYPE mdm_buffer_flushes_total counter
mdm_buffer_flushes_total{reason="request"} 4
mdm_buffer_flushes_total{reason="urgent"} 11"""
ANSWERS = {
    "metrics": METRICS,
    "decisions alice@example.org": "10:00:00 laptop: delivered and rang, because <i>it</i> is active",
    "decisions bob@example.org": "error: bob@example.org is not watched; there is watch",
    "sessions": SESSIONS,
    "counters": "MDMSessions 3\nMDMQuietModeSessions 2\nMDMBufferAvgQueuedTime 12.500",
    "explain alice@example.org": "alice@example.org/laptop active\n"
    "alice@example.org/my phone outdone\nalice@example.org waiting=0",
}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        command = self.rfile.readline().decode().strip()
        self.wfile.write(f"{ANSWERS.get(command, 'error: what?')}\n.\n".encode())


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class Attached(ConsoleCase):
    def serve(self, path):
        server = Server(str(path), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def test_shows_what_the_socket_tells_and_says_what_it_does_not(self):
        path = Path(tempfile.mkdtemp(prefix="socket-")) / "control.sock"
        self.serve(path)
        console = self.start("--attach", str(path), office=False)
        self.browser.open(console)
        self.browser.wait(lambda: "2 users signed in" in self.browser.text("main"), "the users")
        self.assertIn("9 stanzas held", self.browser.text("main .lead"))
        self.assertIn("does not tell: hold times", self.browser.text("main"))
        self.assertRegex(self.browser.text(".legend"), r"Normal 1\s+Quiet 1\s+Silent 0\s+Phantom 1")
        self.assertRegex(self.browser.text(".measure + .number"), "11")
        self.browser.go("report")
        self.browser.wait(lambda: len(self.browser.all("tbody tr")) == 2, "the report")
        self.browser.go("people/alice%40example.org")
        self.browser.wait(lambda: "outdone" in self.browser.text("main"), "the election")
        self.assertIn("delivered and rang, because <i>it</i>", self.browser.text("main"))
        self.assertRegex(self.browser.text("main"), r"my phone\s+iPhone\s+quiet")
        self.browser.go("people/bob%40example.org")
        self.browser.wait(lambda: "is not watched" in self.browser.text("main"), "why not")
        self.assertIn("<b>tablet</b>", self.browser.text("main"))
        self.assertEqual(console.bytes("metrics").decode(), METRICS + "\n")
        for page in ("capacity", "group"):
            self.browser.go(page)
            self.browser.wait(lambda: "The server" in self.browser.text("main .lead"), page)
        self.assertEqual([one for one in self.browser.errors() if "404" not in one], [])

    def test_a_socket_that_nobody_serves_is_a_message(self):
        path = Path(tempfile.mkdtemp(prefix="socket-")) / "control.sock"
        console = self.start("--attach", str(path), office=False)
        self.browser.open(console)
        self.browser.wait(lambda: "nobody listens" in self.browser.text("main"), "the problem")
        self.serve(path)
        self.browser.wait(lambda: "2 users signed in" in self.browser.text("main"), "the server")

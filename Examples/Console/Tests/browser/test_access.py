"""Who may do what, and what a hostile name or request can do."""

import http.client

from harness import TOKEN, ConsoleCase

GUEST = "Eve <img src=x onerror=document.title='owned'> =1+1"


class Access(ConsoleCase):
    def request(self, console, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def test_without_a_token_the_page_only_shows(self):
        console = self.start(token=False)
        self.browser.open(console, "group")
        self.browser.wait(lambda: "Read-only" in self.browser.text("footer"), "the note")
        buttons = self.browser.all("main .actions button")
        self.assertGreater(len(buttons), 4)
        self.assertEqual([one for one in buttons if one.is_enabled()], [])
        self.assertFalse(self.browser.one("#token").is_displayed())

    def test_a_wrong_token_is_refused_and_forgotten(self):
        console = self.start()
        self.browser.open(console, "group")
        self.browser.use_token("not-the-token-that-it-is")
        self.browser.click("Cut the line")
        self.browser.wait(lambda: "Refused" in self.browser.text("footer"), "the refusal")
        self.browser.wait(self.browser.one("#token").is_displayed, "the field again")
        self.assertFalse(console.json("api/state")["group"]["isCut"])

    def test_the_token_lets_an_administrator_change_things(self):
        console = self.start()
        self.browser.open(console, "group")
        self.browser.use_token(TOKEN)
        self.browser.click("Cut the line")
        self.browser.wait(lambda: "Mend the line" in self.browser.text("main"), "the cut")
        self.assertTrue(console.json("api/state")["group"]["isCut"])
        stored = self.browser.run("return localStorage.length + sessionStorage.length")
        self.assertEqual(stored, 0)
        self.assertEqual(self.browser.run("return document.cookie"), "")

    def test_a_page_of_another_site_can_change_and_read_nothing(self):
        console, other = self.start(), self.start()
        self.browser.open(other)
        script = """
        const [url, token, done] = arguments;
        const attempts = [
          fetch(url + "api/state"),
          fetch(url + "api/orders/line/cut", { method: "POST" }),
          fetch(url + "api/orders/line/cut",
                { method: "POST", headers: { Authorization: `Bearer ${token}` } }),
        ];
        Promise.allSettled(attempts).then((all) => done(all.map((one) => one.status)));
        """
        outcomes = self.browser.driver.execute_async_script(script, console.url, TOKEN)
        self.assertEqual(outcomes, ["rejected"] * 3)
        self.assertFalse(console.json("api/state")["group"]["isCut"])

    def test_a_name_full_of_markup_stays_text(self):
        console = self.start("--guest", GUEST)
        person = next(one for one in console.json("api/people") if one["name"] == GUEST)
        self.browser.open(console, "people")
        self.browser.wait(
            lambda: GUEST in [one.text for one in self.browser.all(".people .name")], "the name"
        )
        node = person["node"]
        for page in (f"report/{node}", "report"):
            self.browser.go(page)
            self.browser.wait(lambda: self.browser.all("tbody tr"), page)
        self.browser.driver.get("about:blank")
        self.browser.open(console, "people")
        self.browser.wait(lambda: self.browser.all(".people a"), "everybody")
        self.browser.one("#filter").send_keys("Eve <img")
        self.browser.wait(lambda: len(self.browser.all(".people a")) == 1, "only Eve")
        self.browser.one(".people a").click()
        self.browser.wait(lambda: self.browser.text("main h1") == GUEST, "the name as a title")
        self.assertEqual(self.browser.all("main img"), [])
        self.assertNotEqual(self.browser.run("return document.title"), "owned")
        self.assertEqual(self.browser.errors(), [])

    def test_scripts_of_nobody_else_run(self):
        console = self.start()
        self.browser.open(console)
        self.browser.run(
            """const script = document.createElement("script");
            script.textContent = "document.title = 'owned'";
            document.body.append(script)"""
        )
        self.assertNotEqual(self.browser.run("return document.title"), "owned")
        self.assertIn("Content Security Policy", "".join(self.browser.errors()))

    def test_http(self):
        console = self.start()
        own = {"Host": f"localhost:{console.port}"}
        for method, path, headers, body, expected in (
            ("GET", "/healthz", own, None, 200),
            ("HEAD", "/", own, None, 200),
            ("GET", "/healthz", {"Host": "evil.example"}, None, 421),
            ("GET", "/healthz", {"Host": f"evil.example:{console.port}"}, None, 421),
            ("DELETE", "/api/state", own, None, 405),
            ("PUT", "/api/state", own, b"x" * 4096, 405),
            ("POST", "/api/orders/line/cut", own, b"", 401),
            ("GET", "/%2e%2e/%2e%2e/etc/passwd", own, None, 404),
            ("GET", "/api/people/" + "a" * 5000, own, None, 404),
        ):
            status, answered, content = self.request(console, method, path, headers, body)
            self.assertEqual(status, expected, path)
            self.assertEqual(answered["X-Content-Type-Options"], "nosniff")
            self.assertIn("default-src 'self'", answered["Content-Security-Policy"])
            if method == "HEAD":
                self.assertEqual(content, b"")
                self.assertGreater(int(answered["Content-Length"]), 500)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.request(console, "POST", "/api/orders/line/cut", own, b"x" * (1 << 20))
        self.assertEqual(self.request(console, "GET", "/healthz", own)[0], 200)

    def test_a_token_that_others_can_read_is_not_taken(self):
        console = self.start()
        path = console.directory / "token"
        path.chmod(0o644)
        console.stop()
        with self.assertRaisesRegex(RuntimeError, "others can read the token"):
            console.start()

"""What changes while somebody looks."""

from selenium.webdriver.common.action_chains import ActionChains

from harness import TOKEN, ConsoleCase


class Live(ConsoleCase):
    def test_numbers_change_under_traffic(self):
        console = self.start("--speed", "600")
        self.browser.open(console)
        for selector in ("#clock", "main .lead", ".measure + .number", ".legend li b"):
            before = self.browser.text(selector)
            self.browser.wait(lambda: self.browser.text(selector) not in ("", before), selector)
        path = "return document.querySelector('path.of-normal')?.getAttribute('d')"
        self.browser.wait(lambda: self.browser.run(path), "the areas")
        drawn = self.browser.run(path)
        self.browser.wait(lambda: self.browser.run(path) != drawn, "more of the day")

    def test_a_new_day_begins_on_the_page(self):
        console = self.start("--from", "20:20", "--speed", "600")
        self.browser.open(console)
        self.browser.wait(lambda: self.browser.text("#day") == "Day 2", "the second day")
        self.browser.wait(lambda: self.browser.text("#clock") > "06:40:00", "some of the morning")
        self.assertEqual(self.browser.errors(), [])

    def test_tables_download_and_are_those_of_the_interface(self):
        console = self.start("--speed", "0")
        for page, path, name in (
            ("report", "api/report.csv", "sessions.csv"),
            ("report/imp-2", "api/users.csv?node=imp-2", "users-imp-2.csv"),
        ):
            self.browser.open(console, page)
            self.browser.click("Download CSV")
            file = self.downloads / name
            self.browser.wait(lambda: file.exists() and file.stat().st_size, name)
            self.assertEqual(file.read_bytes(), console.bytes(path))
            self.assertIn(b"\r\n", file.read_bytes())

    def test_the_report_leads_to_users_and_their_devices(self):
        console = self.start("--speed", "0")
        report = console.json("api/report")
        users = console.json("api/users?node=imp-1")["users"]
        self.browser.open(console, "report")
        self.browser.wait(lambda: len(self.browser.all("tbody tr")) == 4, "the lines")
        cells = [cell.text for cell in self.browser.all("tr.total td")]
        cluster = report["lines"][-1]
        self.assertEqual(
            cells, [str(cluster[key]) for key in ("users", "sessions", "inactive")]
        )
        self.browser.click("imp-1", "tbody")
        self.browser.wait(lambda: len(self.browser.all("tbody tr")) == len(users), "the users")
        tip, button = self.browser.one(".pop"), self.browser.one(".kinds button")
        self.assertFalse(tip.is_displayed())
        ActionChains(self.browser.driver).move_to_element(button).perform()
        self.browser.wait(tip.is_displayed, "the types of device under the pointer")
        self.assertEqual(tip.text, ", ".join(users[0]["deviceTypes"]))
        ActionChains(self.browser.driver).move_to_element(self.browser.one("h1")).perform()
        self.browser.wait(lambda: not tip.is_displayed(), "the pointer elsewhere")
        self.browser.run("arguments[0].focus()", button)
        self.browser.wait(tip.is_displayed, "the types of device for the keyboard")

    def test_the_alarm_comes_ten_minutes_after_the_sessions_and_goes_with_them(self):
        console = self.start("--speed", "0")
        self.browser.open(console, "capacity")
        self.browser.use_token(TOKEN)
        self.browser.wait(lambda: "Within 80 %" in self.browser.text("main"), "the state before")
        self.browser.click("Sign in")
        self.browser.wait(lambda: "raised in 10 min" in self.browser.text("main"), "the warning")
        self.assertFalse(self.browser.one("#alarm").is_displayed())
        self.browser.click("300×")
        self.browser.wait(self.browser.one("#alarm").is_displayed, "the alarm")
        self.browser.click("Stop")
        self.assertRegex(self.browser.text("#alarm"), r"over 80 % for 1\d min")
        self.browser.wait(lambda: "Alarm raised" in self.browser.text("main"), "the alarm's card")
        self.assertIn("raised", self.browser.text("tbody"))
        self.browser.click("Sign all out")
        self.browser.wait(lambda: not self.browser.one("#alarm").is_displayed(), "its end")
        self.browser.wait(lambda: "taken back" in self.browser.text("tbody"), "its last word")

    def test_a_node_that_is_switched_off_is_replaced_before_ones_eyes(self):
        console = self.start("--speed", "60")
        self.browser.open(console, "group")
        self.browser.use_token(TOKEN)
        self.browser.click("Switch off", "main .node")
        self.browser.wait(lambda: "Switched off" in self.browser.text("main .node"), "the fault")
        second = "main .node + .node"
        self.browser.wait(
            lambda: "Running in Backup Mode" in self.browser.text(second), "the backup"
        )
        self.browser.wait(
            lambda: "users of imp-1 and imp-2" in self.browser.text(second), "all users there"
        )
        self.assertIn("serves the users of imp-1", self.browser.text(".log"))

    def test_a_server_that_goes_away_is_missed_and_found_again(self):
        console = self.start()
        self.browser.open(console)
        banner = self.browser.one("#connection")
        self.assertFalse(banner.is_displayed())
        console.stop()
        self.browser.wait(banner.is_displayed, "the banner")
        self.assertIn("has not answered since", banner.text)
        stopped = self.browser.text("#clock")
        console.start()
        self.browser.wait(lambda: not banner.is_displayed(), "the server again")
        self.browser.wait(lambda: self.browser.text("#clock") != stopped, "its clock")
        state = console.json("api/state")
        self.assertEqual(state["day"], self.browser.text("#day"))

    def test_a_server_that_hangs_is_missed_as_well(self):
        console = self.start()
        self.browser.open(console)
        banner = self.browser.one("#connection")
        console.hang()
        self.addCleanup(console.go_on)
        self.browser.wait(banner.is_displayed, "the banner")
        console.go_on()
        self.browser.wait(lambda: not banner.is_displayed(), "the server again")

"""Every page: that it works, can be read, and fits."""

from selenium.webdriver.common.keys import Keys

from harness import ConsoleCase
from harness.browser import PHONE

# The least contrast of any text with what is behind it, and which text that is.
CONTRAST = """
const parse = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
const light = ([r, g, b]) => {
  const part = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
};
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
let worst = [99, ""];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
  if (node.closest("script, style, noscript, option, button:disabled")) continue;
  const style = getComputedStyle(node);
  const fore = light(parse(node instanceof SVGElement ? style.fill : style.color));
  const back = light(behind(node));
  const ratio = (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
  if (ratio < worst[0]) worst = [ratio, walker.currentNode.data];
}
return worst;
"""


class Pages(ConsoleCase):
    def pages(self, console):
        account = self.somebody(console)
        return ["", "people", f"people/{account}", "report", "report/imp-1", "capacity", "group"]

    def settle(self, page):
        ready = {
            "": ".measure", "people": ".people a", "report": "tbody tr", "capacity": ".state",
            "group": ".log li",
        }
        selector = ".messages li" if "@" in page else ready[page.split("/")[0]]
        self.browser.wait(lambda: self.browser.all(f"main {selector}"), f"{selector} of {page}")

    def test_every_page_works_without_an_error_or_a_foreign_request(self):
        console = self.start()
        self.browser.open(console)
        titles = set()
        for page in self.pages(console):
            self.browser.go(page)
            self.settle(page)
            titles.add(self.browser.text("main h1"))
            self.assertEqual(len(self.browser.all("main h1")), 1, page)
        self.assertEqual(len(titles), 7)
        self.assertEqual(self.browser.errors(), [])
        origins = self.browser.run(
            "return [...new Set(performance.getEntries().filter((e) => e.name.includes('://'))"
            ".map((e) => new URL(e.name).origin))]"
        )
        self.assertEqual(origins, [console.url.rstrip("/")])

    def test_no_page_is_wider_than_a_phone(self):
        console = self.start("--guest", "Wolfeschlegelsteinhausenbergerdorff-von-der-Langen-Gasse")
        self.browser.open(console, size=PHONE)
        for page in [*self.pages(console), "people/nobody", "nothing"]:
            self.browser.go(page)
            if page not in ("people/nobody", "nothing"):
                self.settle(page)
            width = self.browser.run("return document.documentElement.scrollWidth")
            self.assertLessEqual(width, PHONE[0], page)

    def test_texts_can_be_read_in_light_and_dark(self):
        console = self.start()
        grounds = []
        for scheme in ("light", "dark"):
            self.browser.open(console, scheme=scheme)
            grounds.append(
                self.browser.run("return getComputedStyle(document.body).backgroundColor")
            )
            for page in self.pages(console):
                self.browser.go(page)
                self.settle(page)
                ratio, text = self.browser.run(CONTRAST)
                self.assertGreaterEqual(ratio, 4.5, f"{scheme} {page}: {text}")
        self.assertNotEqual(*grounds)

    def test_the_skip_link_is_first_and_leads_to_the_page(self):
        console = self.start()
        self.browser.open(console)
        self.browser.one("body").send_keys(Keys.TAB)
        active = self.browser.driver.switch_to.active_element
        self.assertEqual(active.text, "Skip to the page")
        self.assertGreaterEqual(active.rect["x"], 0)
        outline = self.browser.run("return getComputedStyle(arguments[0]).outlineStyle", active)
        self.assertNotEqual(outline, "none")
        active.send_keys(Keys.ENTER)
        self.browser.wait(
            lambda: self.browser.run("return document.activeElement.id") == "main", "the focus"
        )
        self.assertEqual(self.browser.text("main h1"), "Overview")

    def test_the_timeline_tells_its_marks_to_the_keyboard(self):
        console = self.start("--speed", "0")
        self.browser.open(console, f"people/{self.somebody(console)}")
        self.settle("people/a@b")
        lanes = self.browser.one("[aria-label^=Timeline]")
        lanes.send_keys(Keys.ARROW_LEFT)
        self.browser.wait(lambda: self.browser.text(".chart .tip"), "a mark's text")
        first = self.browser.text(".chart .tip")
        lanes.send_keys(Keys.ARROW_LEFT)
        self.browser.wait(lambda: self.browser.text(".chart .tip") != first, "another mark's text")

    def test_the_page_says_why_a_phone_did_not_ring(self):
        console = self.start("--speed", "0")
        self.browser.open(console, "people")
        self.settle("people")
        self.browser.one("#filter").send_keys("office.example")
        name = self.browser.text(".people .name")
        self.browser.one(".people a").click()
        self.settle("people/a@b")
        self.assertEqual(self.browser.text("main h1"), name)
        self.browser.run("document.getElementById('device').value = 'phone'")
        self.browser.run(
            "const box = document.getElementById('silent'); box.checked = true;"
            "box.dispatchEvent(new Event('change', { bubbles: true }))"
        )
        self.browser.wait(
            lambda: self.browser.run(
                "const all = [...document.querySelectorAll('.messages li')]; return all.length > 0"
                " && all.every((one) => /phone\\s+Did not ring\\. .*because/.test(one.innerText))"
            ),
            "only reasons why the phone did not ring",
        )

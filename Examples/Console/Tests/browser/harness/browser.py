"""Headless Chromium through chromedriver."""

import os

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

DESKTOP = (1280, 900)
PHONE = (360, 740)


class Browser:
    """One browser; `open` begins anew on a page."""

    def __init__(self, downloads):
        options = Options()
        options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        for argument in ["--headless=new", "--disable-dev-shm-usage", "--force-color-profile=srgb"]:
            options.add_argument(argument)
        if os.geteuid() == 0:
            # Chromium's own sandbox does not work for root.
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )

    def quit(self):
        self.driver.quit()

    def open(self, console, page="", size=DESKTOP, scheme="light"):
        """A page in a window of its own size, and its first state from the server."""
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        self.size(*size)
        self.driver.get("about:blank")
        self.errors()
        self.driver.get(f"{console.url}#/{page}")
        self.wait(lambda: self.text("#clock") != "–", "the first state")
        self.wait(lambda: self.all("main h1"), "the page's title")

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def go(self, page):
        self.run("location.hash = arguments[0]", f"#/{page}")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """An element's text, in one go: the page may draw it anew at any time."""
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def click(self, text, within="body"):
        """Presses the button or follows the link of this text."""
        self.run(
            """const all = document.querySelector(arguments[1]).querySelectorAll("button, a");
            const found = [...all].find((one) => one.textContent === arguments[0]
                && !one.disabled && one.offsetParent);
            if (!found) throw new Error(`nothing to press: ${arguments[0]}`);
            found.click()""",
            text,
            within,
        )

    def wait(self, condition, what, timeout=30):
        """Returns when something has come true."""
        WebDriverWait(self.driver, timeout, poll_frequency=0.05).until(
            lambda _: condition(), f"this did not come: {what}"
        )

    def errors(self):
        """What the browser has complained of since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def use_token(self, token):
        self.wait(lambda: self.one("#token").is_displayed(), "the field for the token")
        self.one("#token").send_keys(token)
        self.click("Use")

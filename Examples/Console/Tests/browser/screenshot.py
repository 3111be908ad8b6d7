"""Makes the picture of the console that the documentation shows: `./run screenshot.py FILE`."""

import sys
import tempfile
from pathlib import Path

from harness import Browser, Console


def main(file):
    console = Console("--from", "16:40", "--speed", "0", token=False)
    browser = Browser(Path(tempfile.mkdtemp()))
    try:
        console.start()
        browser.open(console)
        browser.wait(lambda: browser.all("path.of-normal"), "the areas")
        browser.size(1280, browser.run("return document.documentElement.scrollHeight"))
        browser.wait(lambda: browser.run("return innerHeight") > 1000, "the window's size")
        browser.driver.save_screenshot(file)
    finally:
        browser.quit()
        console.stop()


if __name__ == "__main__":
    main(sys.argv[1])

"""A test with a browser and consoles of its own."""

import tempfile
import unittest
from pathlib import Path

from .browser import Browser
from .console import Console

OFFICE = ["--people", "10", "--from", "10:30"]


class ConsoleCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.downloads = Path(tempfile.mkdtemp(prefix="downloads-"))
        cls.browser = Browser(cls.downloads)
        cls.addClassCleanup(cls.browser.quit)

    def start(self, *options, token=True, office=True):
        """A console, by default with a small office in the middle of a morning."""
        console = Console(*(OFFICE if office else []), *options, token=token)
        self.addCleanup(console.stop)
        console.start()
        return console

    def somebody(self, console):
        """The account of somebody with three devices, if there is one."""
        people = console.json("api/people")
        return max(people, key=lambda person: len(person["devices"]))["account"]

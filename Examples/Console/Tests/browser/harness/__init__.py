"""What the tests stand on: the program, the browser, and waiting for things to come."""

from .browser import Browser
from .case import ConsoleCase
from .console import PACKAGE, TOKEN, Console

__all__ = ["PACKAGE", "TOKEN", "Browser", "Console", "ConsoleCase"]

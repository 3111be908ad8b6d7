"""Everything that the tests need."""

from .case import ServerCase, settings
from .client import Client, SignInFailure
from .inbox import TIMEOUT, Inbox
from .raw import RawClient
from .server import DOMAIN, Server, ServerFailure
from .stanza import Stanza, escaped

__all__ = [
    "DOMAIN", "TIMEOUT", "Client", "Inbox", "RawClient", "Server", "ServerCase", "ServerFailure",
    "SignInFailure", "Stanza", "escaped", "settings",
]

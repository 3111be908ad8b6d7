"""A test with a server of its own."""

import asyncio
import sys
import unittest

from .client import Client
from .raw import RawClient
from .server import Server


def settings(**values):
    """Settings of one test beside those of its class; `__` in a name stands for a dot."""

    def decorate(method):
        method.settings = {name.replace("__", "."): value for name, value in values.items()}
        return method

    return decorate


class ServerCase(unittest.IsolatedAsyncioTestCase):
    """Starts a server with `settings` and `accounts` for each test, ends it and looks whether it
    ended well; shows its log when the test failed."""

    settings = {}
    accounts = ("alice", "bob", "carol")
    maxDiff = None

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        self.server = None
        outcome = super().run(result)
        if self.server is not None:
            if len(result.failures) + len(result.errors) > before:
                print(f"\n== log of the server in {self.id()}", file=sys.stderr)
                print(self.server.log_text(60), file=sys.stderr)
            self.server.remove()
        return outcome

    async def asyncSetUp(self):
        self._clients = []
        # The debugging of unittest's loop costs more than the clients.
        asyncio.get_running_loop().set_debug(False)
        own = getattr(getattr(self, self._testMethodName), "settings", {})
        self.server = Server({**self.settings, **own})
        if self.accounts:
            self.server.add_accounts(*self.accounts)
        self.server.start()

    async def asyncTearDown(self):
        for client in self._clients:
            await client.discard()
        if self.server.process is not None:
            crashed = not self.server.is_running
            # Not on the event loop, which has to close the clients' connections meanwhile.
            status = await asyncio.to_thread(self.server.stop)
            self.assertFalse(crashed, f"the server is gone, status {status}")
            self.assertEqual(status, 0, "the server's exit status after SIGTERM")

    # Clients that are gone when the test is over

    def client(self, name, resource="desk", **options):
        """A slixmpp client that has not connected yet."""
        client = Client(self.server, name, resource, **options)
        self._clients.append(client)
        return client

    def raw(self, name=None, resource="raw"):
        """A client made of bytes that has not connected yet."""
        client = RawClient(self.server, name, resource)
        self._clients.append(client)
        return client

    async def device(
        self, name, resource="desk", *, carbons=True, available=True, priority=None, **options
    ):
        """A device that is signed in, has carbons and is available."""
        client = await self.client(name, resource, **options).connect()
        if carbons:
            await client.enable_carbons()
        if available:
            await client.available(priority=priority)
        client.forget()
        return client

    async def quiet_device(self, name, resource="phone", **options):
        """A device in the background; its stream has management so that it can be observed."""
        client = await self.device(name, resource, management=True, **options)
        client.inactive()
        await client.barrier()
        await self.server.until_session(client.full, mode="quiet")
        client.forget()
        return client

    # What is looked at

    def assertRings(self, stanza, why):
        self.assertEqual(stanza.rings, (True, why), stanza)

    def assertMute(self, stanza, why):
        self.assertEqual(stanza.rings, (False, why), stanza)

    async def assertNothing(self, client, predicate=None, **wanted):
        """Nothing of the kind has come, all streams being in step (`sync` or `barrier` first)."""
        self.assertEqual(client.having(predicate, **wanted), [], client.label)

"""What came in on one stream, with waiting for what is to come."""

import asyncio

from .stanza import Stanza

#: How long an expected event may take on a loaded machine, in seconds.
TIMEOUT = 20


class Inbox:
    """The elements of a stream in their order; each can be taken once by `expect`."""

    def __init__(self, label):
        self.label = label
        self.all = []
        self._untaken = []
        self._changed = asyncio.Event()
        self.is_closed = False

    def add(self, xml):
        stanza = Stanza(xml)
        self.all.append(stanza)
        self._untaken.append(stanza)
        self._changed.set()

    def close(self):
        self.is_closed = True
        self._changed.set()

    def reopen(self):
        self.is_closed = False

    async def wait(self, condition, what, timeout=TIMEOUT, while_open=True):
        """Waits until `condition()` is neither None nor False and returns it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            result = condition()
            if result is not None and result is not False:
                return result
            if while_open and self.is_closed:
                raise AssertionError(f"{self.label}: stream closed, {what} missing{self.tail()}")
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - loop.time())
            except asyncio.TimeoutError:
                raise AssertionError(
                    f"{self.label}: {what} missing after {timeout} s{self.tail()}"
                ) from None

    async def expect(self, predicate=None, timeout=TIMEOUT, **wanted):
        """The first stanza not taken yet that fits; it is taken."""

        def take():
            for index, stanza in enumerate(self._untaken):
                if stanza.matches(**wanted) and (predicate is None or predicate(stanza)):
                    return self._untaken.pop(index)
            return None

        what = f"a stanza with {wanted}" if wanted else "a stanza that fits"
        return await self.wait(take, what, timeout)

    def having(self, predicate=None, **wanted):
        """All stanzas so far that fit, taken or not."""
        return [
            stanza
            for stanza in self.all
            if stanza.matches(**wanted) and (predicate is None or predicate(stanza))
        ]

    def bodies(self, prefix="", form=None):
        """The bodies so far, in order of arrival."""
        return [
            stanza.body
            for stanza in self.all
            if stanza.name == "message"
            and (form is None or stanza.form == form)
            and stanza.body is not None
            and stanza.body.startswith(prefix)
        ]

    def forget(self):
        """Everything so far counts as taken and is no longer listed."""
        self.all.clear()
        self._untaken.clear()

    def tail(self, count=12):
        lines = "".join(f"\n    {stanza!r}" for stanza in self.all[-count:])
        return f"; the last of {len(self.all)} received:{lines}"

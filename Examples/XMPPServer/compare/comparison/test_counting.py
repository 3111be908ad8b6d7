"""That the comparison counts what it says it counts: `python3 -m unittest` in this directory."""

import unittest

from .day import Day, Participant
from .load import Deliveries, Device, render


class CountingTests(unittest.TestCase):
    def test_message_has_the_stated_body_and_is_found_wherever_a_read_ends(self):
        stream = b"".join(render("user", range(3)))
        body = stream[stream.index(b"<body>") + 6 : stream.index(b"</body>")]
        self.assertEqual(len(body), 60)
        for cut in range(len(stream)):
            device = Device(None)
            for part in (stream[:cut], stream[cut:]):
                if part:
                    device.take(part, 0)
            self.assertEqual(device.count, 3)
            self.assertEqual(device.drain(), [0, 1, 2])

    def test_lost_doubled_and_disordered_are_told_apart(self):
        cases = {
            (1, 2, 3): (0, 0, 0),
            (1, 3): (1, 0, 0),
            (1, 2, 2, 3): (0, 1, 0),
            (2, 1, 3): (0, 0, 1),
            (): (3, 0, 0),
        }
        for arrived, wanted in cases.items():
            deliveries = Deliveries()
            deliveries.note([1, 2, 3], list(arrived))
            found = (deliveries.lost, deliveries.doubled, deliveries.disordered)
            self.assertEqual(found, wanted, arrived)


class Connection:
    """Stands for a client in a day that is only evaluated."""

    jid = "alice@localhost/x"

    def send(self, data):
        self.sent = data


class DayTests(unittest.TestCase):
    def test_wake_ups_and_radio_follow_their_definitions(self):
        day = Day(None, [], 1)
        phone = Participant(Connection())
        day.participants["alice/phone"] = phone
        day.quiet = [[100, 200]]
        # Active; then 5 s later, 4 s later, 11 s later, and so late that the quiet time cuts it.
        phone.reads = [(96, 1), (101, 10), (105, 10), (116, 10), (195, 10), (300, 1)]
        result, _ = day.evaluate()
        self.assertEqual(result["reads"], 4)
        self.assertEqual(result["bytes"], 40)
        self.assertEqual(result["wake_ups"], 2)
        self.assertEqual(result["radio_s"], 14 + 10 + 5)

    def test_copies_count_as_their_message_and_requests_are_answered(self):
        phone = Participant(Connection())
        inner = "<message id='ldq-im-7' xmlns='jabber:client'><body>x</body></message>"
        copy = (
            "<message><received xmlns='urn:xmpp:carbons:2'>"
            f"<forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded></received></message>"
        ).encode()
        phone.take(copy[:70], 1)
        phone.take(copy[70:], 2)
        phone.take(b"<message id='ldq-im-8'><received xmlns='urn:xmpp:receipts'/></message>", 3)
        self.assertEqual(phone.arrivals, [(2, "ldq-im-7")])
        phone.take(b"<iq type='get' id='v' from='c00@localhost/desk'><query/></iq>", 4)
        self.assertIn(b'id="v"', phone.client.sent)
        self.assertIn(b'to="c00@localhost/desk"', phone.client.sent)


if __name__ == "__main__":
    unittest.main()

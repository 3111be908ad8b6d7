"""What the library writes for Prometheus, read by Prometheus' own parser."""

import json
import os
import pathlib
import subprocess
import unittest

from prometheus_client.parser import text_string_to_metric_families

NODE = 'imp "1" \\ east\nüber,{}='
CAPTURES = pathlib.Path(__file__).parents[2] / "Sources/ReplayCore/Captures"
DOCUMENTED = {
    "mdm_sessions": "MDMSessions",
    "mdm_silent_mode_sessions": "MDMSilentModeSessions",
    "mdm_quiet_mode_sessions": "MDMQuietModeSessions",
    "mdm_buffer_flushes": "MDMBufferFlushes",
    "mdm_buffer_flushes_limit_reached": "MDMBufferFlushesLimitReached",
    "mdm_buffer_flush_packets_last_slice": "MDMBufferFlushPacketCount",
    "mdm_buffer_average_queued_time_seconds": "MDMBufferAvgQueuedTime",
}


def replay(*arguments):
    program = [os.environ["REPLAY"], *arguments]
    return subprocess.run(program, check=True, capture_output=True, encoding="utf-8").stdout


class Metrics(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.pages = []
        for capture in sorted(CAPTURES.glob("*.jsonl")):
            text = replay(str(capture), "--metrics", "--node", NODE)
            families = {f.name: f for f in text_string_to_metric_families(text)}
            counters = json.loads(replay(str(capture), "--json"))["counters"]
            cls.pages.append((capture.name, text, families, counters))

    def test_recordings(self):
        """There is something to read, and somebody was flushed."""
        self.assertGreater(len(self.pages), 3)
        totals = [sum(s.value for s in f["mdm_buffer_flushes"].samples) for _, _, f, _ in self.pages]
        self.assertGreater(max(totals), 0)

    def test_types_and_help(self):
        """Every family has its type and help, and no sample is left without a family."""
        for name, text, families, _ in self.pages:
            with self.subTest(name):
                self.assertEqual(text.count("# TYPE "), len(families))
                for family in families.values():
                    self.assertIn(family.type, ("counter", "gauge", "histogram"))
                    self.assertTrue(family.documentation.endswith("."))
                    self.assertTrue(family.samples)
                for name, documented in DOCUMENTED.items():
                    self.assertTrue(families[name].documentation.startswith(documented + ": "))
                self.assertEqual(families["mdm_buffer_flushes"].type, "counter")
                self.assertEqual(families["mdm_sessions"].type, "gauge")
                self.assertEqual(families["mdm_buffer_queued_time_seconds"].type, "histogram")

    def test_labels_survive(self):
        """A name with quotation marks, backslashes and line ends comes back as it was."""
        for name, _, families, _ in self.pages:
            with self.subTest(name):
                for family in families.values():
                    for sample in family.samples:
                        values = sample.labels.values()
                        if sample.labels.get("level") == "Cluster":
                            continue
                        self.assertIn(NODE, values, sample)

    def test_values(self):
        """The documented counters are those that the engine reports by name."""
        for name, _, families, counters in self.pages:
            with self.subTest(name):
                for metric, documented in DOCUMENTED.items():
                    value = sum(sample.value for sample in families[metric].samples)
                    self.assertAlmostEqual(value, float(counters[documented]), delta=0.001)

    def test_histograms(self):
        """Buckets ascend to the count, and the sum is the mean times the count."""
        for name, _, families, _ in self.pages:
            with self.subTest(name):
                for family in families.values():
                    if family.type == "histogram":
                        self.check_histogram(family)
                waits = {s.name: s.value for s in families["mdm_buffer_queued_time_seconds"].samples}
                mean = families["mdm_buffer_average_queued_time_seconds"].samples[0].value
                count = waits["mdm_buffer_queued_time_seconds_count"]
                total = waits["mdm_buffer_queued_time_seconds_sum"]
                self.assertAlmostEqual(total, mean * count, delta=1e-6 * (count + 1))

    def check_histogram(self, family):
        buckets = [s for s in family.samples if s.name.endswith("_bucket")]
        bounds = [float(s.labels["le"]) for s in buckets]
        counts = [s.value for s in buckets]
        self.assertEqual(bounds, sorted(set(bounds)))
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(buckets[-1].labels["le"], "+Inf")
        count = [s.value for s in family.samples if s.name.endswith("_count")]
        self.assertEqual(count, [counts[-1]])


if __name__ == "__main__":
    unittest.main()

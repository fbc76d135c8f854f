"""What is counted, in a registry of this bot's own."""

from prometheus_client import CollectorRegistry, Counter


class Metrics:
    """Counters; `registry` renders them for Prometheus."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.received = self._counter("interlock_received", "Payloads stored and acted on", "kind")
        self.repeated = self._counter("interlock_repeated", "Payloads delivered again", "kind")
        self.ignored = self._counter("interlock_ignored", "Payloads only acknowledged", "kind")
        self.set_aside = self._counter("interlock_set_aside", "Payloads that broke", "kind")
        self.reconnects = self._counter("interlock_reconnects", "Sockets replaced", "why")

    def _counter(self, name: str, what: str, label: str) -> Counter:
        return Counter(name, what, [label], registry=self.registry)

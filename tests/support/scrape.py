"""What /metrics answers, read as Prometheus reads it."""

from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read_samples(text: str) -> Samples:
    """Each sample by its name and labels. Raises ValueError for what Prometheus would not take."""
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def find(samples: Samples, name: str, **labels: str) -> float | None:
    """The sample with exactly these labels, if there is one."""
    return samples.get((name, frozenset(labels.items())))


def add_up(samples: Samples, name: str, *by: str) -> dict[tuple[str, ...], float]:
    """The sums of all samples of a name, by the values of these labels."""
    sums: dict[tuple[str, ...], float] = {}
    for (sample, labels), value in samples.items():
        if sample == name:
            key = tuple(dict(labels).get(label, "") for label in by)
            sums[key] = sums.get(key, 0.0) + value
    return sums

"""Reads lines "NAME.METRIC TAB NUMBER TAB UNIT" and prints one row for each metric of ours."""

import sys

PEERS = ["libsignal-c", "libolm"]


def read(lines):
    """{metric: ({name: number}, unit)}, in the order of the lines."""
    metrics = {}
    for line in lines:
        key, number, unit = line.rstrip("\n").split("\t")
        name, metric = key.split(".", 1)
        metrics.setdefault(metric, ({}, unit))[0][name] = float(number)
    return metrics


def peers_of(metrics, metric):
    """A variant of ours (first contact, padded) stands beside the peers' plain figure."""
    while True:
        numbers = metrics.get(metric, ({}, ""))[0]
        found = {name: numbers[name] for name in PEERS if name in numbers}
        if found or "." not in metric:
            return found
        metric = metric.rsplit(".", 1)[0]


def text(number):
    return "-" if number is None else f"{number:,.2f}" if number < 100 else f"{number:,.0f}"


def main():
    metrics = read(sys.stdin)
    print(f"{'both ends, one core':<40}{'ours':>12}", end="")
    print("".join(f"{name:>13}" for name in PEERS) + f"{'unit':>7}{'ours : best peer':>18}")
    for metric, (numbers, unit) in metrics.items():
        if "ours" not in numbers:
            continue
        peers = peers_of(metrics, metric)
        more_is_better = unit.endswith("/s")
        ratio = "-"
        if peers:
            best = (max if more_is_better else min)(peers.values())
            ratio = f"{numbers['ours'] / best:.3g}"
        print(f"{metric:<40}{text(numbers['ours']):>12}", end="")
        print("".join(f"{text(peers.get(name)):>13}" for name in PEERS), end="")
        print(f"{unit:>7}{ratio:>18}")


main()

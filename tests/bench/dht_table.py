"""The measures of the DHT bench in their order, what they aim at, and the table of them."""

# name, words, digits, aim of ours ("<= 80", ">= 99.95", "" for none)
MEASURES = [
    ("ready_ms", "all nodes connected, ms", 0, ""),
    ("put_p50", "put acknowledged, p50, ms", 0, "<= 350"),
    ("put_p99", "put acknowledged, p99, ms", 0, "<= 900"),
    ("put_ok", "puts acknowledged, %", 1, ""),
    ("put_unreadable", "acknowledged puts that nobody can read", 0, "<= 0"),
    ("get_p50", "get, first valid value, p50, ms", 0, "<= 80"),
    ("get_p99", "get, first valid value, p99, ms", 0, "<= 220"),
    ("get_found", "gets found, %", 2, ">= 99.95"),
    ("get_done_p50", "get finished, p50, ms", 0, ""),
    ("get_packets", "packets a get", 1, "<= 15"),
    ("get_kb", "kB a get", 1, "<= 12"),
    ("fresh_p50", "start to first value, p50, ms", 0, "<= 330"),
    ("fresh_p99", "start to first value, p99, ms", 0, "<= 490"),
    ("fresh_found", "first gets found, %", 1, ""),
    ("saved_p50", "the same from a saved table, p50, ms", 0, "<= 150"),
    ("saved_p99", "the same from a saved table, p99, ms", 0, ""),
    ("saved_found", "first gets from a saved table found, %", 1, ""),
    ("idle_kib", "idle, KiB a node-hour", 1, "<= 23"),
    ("idle_packets", "idle, packets a node-hour", 0, ""),
    ("idle_cpu_ms", "idle, CPU ms a node-hour", 0, "<= 20"),
    ("client_kib", "idle client, KiB an hour, both ways", 1, "<= 2"),
    ("record_kib", "own record kept alive, KiB an hour more", 1, "<= 10"),
    ("node_kib", "memory of one more node in a process, KiB", 0, ""),
    ("rss_mib", "RSS of a process with one node, MiB", 1, "<= 5"),
    ("kill30_found", "30 % killed, gets at once: found, %", 2, ">= 99.95"),
    ("kill30_p50", "30 % killed, gets at once: p50, ms", 0, ""),
    ("kill30_p99", "30 % killed, gets at once: p99, ms", 0, "<= 500"),
    ("kill30_later_found", "30 % killed, 60 s later: found, %", 2, ""),
    ("kill30_later_p50", "30 % killed, 60 s later: p50, ms", 0, ""),
    ("kill30_later_p99", "30 % killed, 60 s later: p99, ms", 0, "<= 300"),
    ("kill50_found", "50 % killed, gets at once: found, %", 2, ">= 99.9"),
    ("kill50_p50", "50 % killed, gets at once: p50, ms", 0, "<= 106"),
    ("kill50_p99", "50 % killed, gets at once: p99, ms", 0, "<= 900"),
    ("kill50_later_found", "50 % killed, 60 s later: found, %", 2, ""),
    ("kill50_later_p50", "50 % killed, 60 s later: p50, ms", 0, ""),
    ("kill50_later_p99", "50 % killed, 60 s later: p99, ms", 0, "<= 300"),
    ("busy", "machine busy during the gets, %", 0, ""),
    ("late_ms", "a packet came too late by at most, ms", 1, ""),
]
OURS = "veche"


def verdict(value, aim):
    if value is None or not aim:
        return ""
    sign, bound = aim.split()
    is_met = value <= float(bound) if sign == "<=" else value >= float(bound)
    return "met" if is_met else "**missed**"


def ratio(figures, name, aim):
    """Ours by the best peer's, where both are there and have a size."""
    peers = [figures[system].get(name) for system in figures if system != OURS]
    peers = [value for value in peers if value]
    ours = figures.get(OURS, {}).get(name)
    if ours is None or not peers or name in ("busy", "late_ms"):
        return ""
    is_more_better = aim.startswith(">=") or name.endswith(("found", "_ok"))
    return f"{ours / (max if is_more_better else min)(peers):.2f}"


def table(figures):
    """Markdown from {system: {name: number}}; rows that nobody measured are left out."""
    head = ["measure", *figures, f"{OURS} / best peer", "aim", ""]
    lines = [head, ["---"] + ["--:"] * (len(head) - 2) + ["---"]]
    for name, words, digits, aim in MEASURES:
        values = [figures[system].get(name) for system in figures]
        if all(value is None for value in values):
            continue
        texts = ["-" if value is None else f"{value:.{digits}f}" for value in values]
        lines.append([words, *texts, ratio(figures, name, aim), aim,
                      verdict(figures.get(OURS, {}).get(name), aim)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

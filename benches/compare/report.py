"""Makes a result readable: a Markdown table, the targets, and a plot (SVG). `report.py FOLDER` does it anew."""

from __future__ import annotations

import json
import math
import sys
from html import escape
from pathlib import Path
from typing import Dict, List, Tuple

METRICS = (
    ("cpu_us", "CPU per call", "µs"),
    ("cpu_apart_us", "the same, server on another core", "µs"),
    ("p50_us", "p50", "µs"),
    ("cold_wall_us", "cold process with one call", "ms"),
    ("cold_cpu_us", "the same, CPU", "ms"),
    ("peak_kb", "peak memory, 1,000 calls", "MB"),
)
SCALE = {"µs": 1, "ms": 1000, "MB": 1024}


def number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def with_spread(values: List[float]) -> str:
    low, middle, high = values
    return f"**{number(middle)}** ({number(low)}–{number(high)})"


def targets(result: Dict) -> List[Tuple[str, str, float, bool]]:
    """What is aimed at, what was measured, and whether it is met."""
    curl, floor, counts = result["to_libcurl"]["libstytch"], result["to_floor"]["libstytch"], result["counts"]
    instructions, calls = counts["instructions"], counts["system_calls"]
    ten, more = counts["ten_fields_instructions"], counts["instructions_of_variants"]["libstytch"]
    at_most = [
        ("instructions per call", "≤ 90,000", instructions["libstytch"], 90_000),
        ("the same, 1 field read by pointer", "≤ 91,500", more["reads_1"], 91_500),
        ("the same, 3 fields read by pointer", "≤ 94,500", more["reads_3"], 94_500),
        ("the same, 10 fields read by pointer", "≤ 106,000", more["reads_10"], 106_000),
        ("instructions per call, 20 header fields", "≤ 101,000", more["fields_20"], 101_000),
        ("instructions per call, to libcurl + cJSON", "≤ 0.21", instructions["libstytch"] / instructions["libcurl"], 0.21),
        ("instructions per call, to the floor", "≤ 3.3", instructions["libstytch"] / instructions["floor"], 3.3),
        ("system calls per call", "≤ 4", calls["libstytch"], 4),
        ("system calls per call, above the floor", "≤ 1", calls["libstytch"] - calls["floor"], 1),
        ("CPU per call, to libcurl + cJSON", "≤ 0.38", curl["cpu_us"][1], 0.38),
        ("CPU per call, to the floor", "≤ 1.8", floor["cpu_us"][1], 1.8),
        ("cold process with one call, to libcurl + cJSON", "≤ 0.25", curl["cold_wall_us"][1], 0.25),
        ("cold process with one call, to the floor", "≤ 1.3", floor["cold_wall_us"][1], 1.3),
        ("peak memory with 1,000 calls, to libcurl + cJSON", "≤ 0.38", curl["peak_kb"][1], 0.38),
        ("peak memory with 1,000 calls, to the floor", "≤ 1.25", floor["peak_kb"][1], 1.25),
        ("mallocs per call", "≤ 35", counts["mallocs"]["libstytch"], 35),
        ("memory per idle connection, bytes", "≤ 25,000", counts["idle_connection_bytes"]["libstytch"], 25_000),
        ("connections opened by 64 threads × 200 calls", "≤ 64", counts["connections_64_threads_200_calls"], 64),
        ("ten fields by pointer, to cJSON's parse and read", "≤ 0.08", ten["libstytch"] / ten["cjson"], 0.08),
        ("Python binding, CPU per call, to Stytch's SDK", "≤ 0.12", result["python_to_sdk"]["cpu_us"][1], 0.12),
    ]
    threads = result["threads_to_libcurl"][1]
    rows = [(what, aim, value, round(value, 2) <= limit) for what, aim, value, limit in at_most]
    place = next(index for index, row in enumerate(rows) if row[0].startswith("connections opened"))
    rows.insert(place, ("calls per second, 4 threads on one core, to libcurl + cJSON", "≥ 2.4", threads, threads >= 2.4))
    return rows


VARIANTS = (
    ("", "the five fields alone, 6 header fields"),
    ("reads_1", "and 1 by pointer"),
    ("reads_3", "and 3 by pointer"),
    ("reads_10", "and 10 by pointer"),
    ("fields_20", "the five fields alone, 20 header fields"),
)


def variants(result: Dict) -> List[str]:
    """What reading more, and more header fields, cost."""
    counts = result["counts"]
    lines = ["| read of the answer | libstytch, C | libcurl + cJSON, C | libstytch, Python | instructions: libstytch | libcurl + cJSON |",
             "|---|---|---|---|---|---|"]
    for key, name in VARIANTS:
        metric = f"cpu_us_{key}" if key else "cpu_us"
        cells = [f"{number(result['absolute'][subject][metric][1])} µs" for subject in ("libstytch", "libcurl", "python")]
        for column, subject in ((0, "libstytch"), (2, "python")):
            ratio = result["variants_to_libcurl"][subject][key] if key else result["to_libcurl"][subject]["cpu_us"]
            cells[column] += f", {with_spread(ratio)}"
        counted = [counts["instructions_of_variants"][subject][key] if key else counts["instructions"][subject]
                   for subject in ("libstytch", "libcurl")]
        lines.append(f"| {name} | " + " | ".join(cells) + " | " + " | ".join(f"{value:,}" for value in counted) + " |")
    return lines


def markdown(result: Dict) -> str:
    subjects, counts = result["subjects"], result["counts"]
    lines = [
        f"# What a call costs ({result['date']})",
        "",
        f"One local https server, TLS 1.3, connections kept, an answer of {result['answer_bytes']:,} bytes; "
        f"{result['rounds']} rounds, in each of which every subject made {result['calls']:,} calls. Multiples of "
        "libcurl + cJSON: median of the rounds' ratios, and their quartiles.",
        "",
        "| | " + " | ".join(name for _, name, _ in METRICS) + " | instructions | system calls |",
        "|---|" + "---|" * (len(METRICS) + 2),
    ]
    for key, name in subjects.items():
        cells = [with_spread(result["to_libcurl"][key][metric]) for metric, _, _ in METRICS]
        if key == "libcurl":
            cells = ["**1**"] * len(METRICS)
        cells += [f"{counts['instructions'][key]:,}" if key in counts["instructions"] else "",
                  number(counts["system_calls"][key]) if key in counts["system_calls"] else ""]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "The same, absolute:", "",
              "| | " + " | ".join(f"{name}, {unit}" for _, name, unit in METRICS) + " |",
              "|---|" + "---|" * len(METRICS)]
    for key, name in subjects.items():
        cells = [with_spread([value / SCALE[unit] for value in result["absolute"][key][metric]]) for metric, _, unit in METRICS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "CPU per call by what is read, beside libcurl + cJSON that reads the same; in Python a field is read by its keys:", "",
              *variants(result)]
    per_second = {key: result["absolute"][key]["calls_per_second"][1] for key in ("libstytch", "libcurl")}
    ten, idle = counts["ten_fields_instructions"], counts["idle_connection_bytes"]
    lines += [
        "",
        "libstytch, the C program, against what it aims at:",
        "",
        "| | target | measured | |",
        "|---|---|---|---|",
        *(f"| {what} | {aim} | {number(value)} | {'met' if met else '**not met**'} |" for what, aim, value, met in targets(result)),
        "",
        f"Four threads on one core make {number(per_second['libstytch'])} calls per second with one client, and "
        f"{number(per_second['libcurl'])} with libcurl + cJSON and a handle each. Ten fields by pointer take "
        f"{ten['libstytch']:,} instructions; cJSON's parse, the same ten fields and its delete {ten['cjson']:,}. An idle "
        f"connection holds {idle['libstytch']:,} bytes of heap, one of libcurl's (with its handle) {idle['libcurl']:,}. "
        f"libstytch.so, stripped, has {counts['library_bytes']:,} bytes.",
        "",
        "## How it was measured",
        "",
        "- On: " + "; ".join(f"{name} {value}" if name != "CPU" else value for name, value in result["on"].items())
        + f". Load before the rounds: {result['load_before']}; what else ran shows in the quartiles.",
        "- Subjects ran on one core, and the server on the same one, so that no core had to be woken for a call; on a virtual "
        "machine that can cost more than the rest of it. Two figures are with the server on another core: the second column, and "
        "the calls per second of four threads. All subjects read the request id, member id, organization id, session "
        "token and session JWT of every answer.",
        "- CPU per call: user and system time of the process over 1,000 calls after 20. p50: of the same calls. Cold process: "
        "from its start to its end, dynamic loading, TLS handshake and one call included; of five starts (Python: of one) the "
        "median. Peak memory: the kernel's figure for the process of those 1,000 calls.",
        "- Instructions by callgrind, system calls by strace: (600 calls − 100 calls) / 500, so starting falls out. "
        "Instructions within the kernel are not counted.",
        "- Memory per idle connection: bytes from malloc with 48 idle connections less those with 16, by 32. Ten fields: "
        "instructions of calls that read them less those of calls that do not. Not in "
        "it is the check of the answer that every call makes; that is in the instructions per call.",
        "- Not measured: a real network, Stytch's own servers, TLS 1.2, proxies, other processors and systems, Stytch's Rust "
        "and Node SDKs, and ureq alone.",
        "",
    ]
    return "\n".join(lines)


COLORS = {"floor": "#9aa5b1", "libstytch": "#0b7a75", "libcurl": "#c77d0a", "python": "#3fa796", "sdk": "#a4433a"}
WIDTH, LEFT, RIGHT, ROW, GAP = 880, 250, 130, 19, 34


def svg(result: Dict) -> str:
    """Bars from 1, which is libcurl + cJSON, on a logarithmic scale; a line shows the quartiles."""
    panels = []
    for metric, title, unit in METRICS:
        if metric in ("cold_cpu_us", "cpu_apart_us"):
            continue
        rows = [(key, result["to_libcurl"][key][metric], result["absolute"][key][metric][1] / SCALE[unit], unit)
                for key in result["subjects"]]
        panels.append((title, rows))
    counts = result["counts"]["instructions"]
    panels.append(("instructions per call", [(key, [counts[key] / counts["libcurl"]] * 3, counts[key], "") for key in counts]))

    values = [value for _, rows in panels for _, spread, _, _ in rows for value in spread]
    low, high = math.log10(min(values) * 0.9), math.log10(max(values) * 1.1)

    def x(value: float) -> float:
        return LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    body, y = [], 64
    bottom = y + sum(GAP + ROW * len(rows) for _, rows in panels)
    for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        if low <= math.log10(tick) <= high:
            strong = tick == 1
            body.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{y - 6}" y2="{bottom - 8}" '
                        f'stroke="{"#52606d" if strong else "#e1e5ea"}"/>')
            body.append(f'<text x="{x(tick):.1f}" y="{y - 12}" text-anchor="middle" fill="#52606d">{tick:g}×</text>')
    for title, rows in panels:
        y += GAP - 12
        body.append(f'<text x="16" y="{y}" font-weight="bold" fill="#1f2933">{escape(title)}</text>')
        y += 6
        for key, (first, middle, third), absolute, unit in rows:
            start, end = sorted((x(1), x(middle)))
            centre = y + ROW / 2
            body.append(f'<text x="{LEFT - 10}" y="{centre + 4:.1f}" text-anchor="end" fill="#323f4b">'
                        f'{escape(result["subjects"][key])}</text>')
            body.append(f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 2):.1f}" height="{ROW - 6}" '
                        f'fill="{COLORS[key]}"/>')
            if third > first:
                body.append(f'<line x1="{x(first):.1f}" x2="{x(third):.1f}" y1="{centre}" y2="{centre}" stroke="#1f2933"/>')
            label = f"{number(middle)}× · {number(absolute)} {unit}".rstrip()
            beyond = max(x(1), x(third)) + 6
            body.append(f'<text x="{beyond:.1f}" y="{centre + 4:.1f}" fill="#323f4b">{escape(label)}</text>')
            y += ROW
        y += 6
    height = bottom + 12
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            'font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title">')
    return "\n".join([
        head,
        '<title id="title">What a call costs, as a multiple of libcurl + cJSON</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="16" y="24" font-size="15" font-weight="bold" fill="#1f2933">What a call costs, as a multiple of libcurl + cJSON'
        '</text>',
        *body,
        "</svg>",
        "",
    ])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    stored = json.loads((folder / "compare.json").read_text())
    (folder / "compare.md").write_text(markdown(stored))
    (folder / "compare.svg").write_text(svg(stored))

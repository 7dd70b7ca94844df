"""Checks a file of `vkseg --trace`: usage: check_trace.py TRACE [BENCH_JSON]

Its spans nest on each track, tracks have names, and with the JSON of `vkseg bench --per-node`, every node is there.
"""
import collections
import json
import sys


def check_nesting(track, spans):
    open_spans = []
    for begin, end, name in sorted(spans, key=lambda span: (span[0], -span[1])):
        assert begin <= end, f"{name} ends before it begins"
        while open_spans and open_spans[-1][1] <= begin:
            open_spans.pop()
        if open_spans:
            assert end <= open_spans[-1][1], f"{name} overlaps {open_spans[-1][2]} on track {track}"
        open_spans.append((begin, end, name))


with open(sys.argv[1], encoding="utf-8") as file:
    events = json.load(file)["traceEvents"]
names = {(event["name"], event["pid"], event["tid"]) for event in events if event["ph"] == "M"}
tracks = collections.defaultdict(list)
for event in events:
    if event["ph"] == "X":
        begin = round(event["ts"] * 1000)
        tracks[event["pid"], event["tid"]].append((begin, begin + round(event["dur"] * 1000), event["name"]))
    else:
        assert event["ph"] == "M" and event["args"]["name"], event
for (process, thread), spans in tracks.items():
    check_nesting((process, thread), spans)
    assert ("thread_name", process, thread) in names
    assert any(kind == "process_name" and pid == process for kind, pid, _ in names)

by_category = collections.Counter(event.get("cat") for event in events)
assert all(by_category[category] > 0 for category in ("load", "plan", "run", "node")), by_category
own = {event["name"] for event in events if event["ph"] == "X" and event["pid"] == 1}
for name in ("open device", "plan", "specialize", "fuse", "schedule", "pack weights", "create pipelines", "record",
             "write inputs", "submit", "wait for the device", "read outputs"):
    assert name in own, name
assert own & {"run", "segment"}, own
if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="utf-8") as file:
        wanted = [node["name"] for node in json.load(file)["nodes"]]
    nodes = [event for event in events if event.get("cat") == "node"]
    found = [event["name"] for event in sorted(nodes, key=lambda event: event["ts"])]
    assert len(wanted) > 10 and len(found) % len(wanted) == 0, (len(wanted), len(found))
    assert found == wanted * (len(found) // len(wanted))

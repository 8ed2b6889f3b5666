"""Checks that a report's numbers add up: summary.json against tables, findings and charts.

    python3 .ci/check_report.py DIR

Reads what azflow wrote, with nothing of azflow: an independent look at the identities that its counting rules promise.
"""

import csv
import json
import pathlib
import sys

FLOWS = ["flows_inbound_allowed", "flows_inbound_denied", "flows_outbound_allowed", "flows_outbound_denied"]
PAIR_FLOWS = ["flows_allowed", "flows_denied"]

report = pathlib.Path(sys.argv[1])
failures = []


def check(what, found, expected):
    if found != expected:
        failures.append(f"{what}: {found}, expected {expected}")


def rows_of(name):
    with open(report / "tables" / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total(rows, *columns):
    return sum(int(row[column]) for row in rows for column in columns)


def check_against(name, expected, flow_columns):
    """The table's flows, bytes both ways, packets both ways and unmeasured tuples are those of `expected`."""
    rows = rows_of(name)
    if flow_columns == FLOWS and name in ("traffic_by_interface", "traffic_by_rule", "traffic_over_time"):
        for column in FLOWS:
            check(f"{name} {column}", total(rows, column), expected[column])
    check(f"{name} flows", total(rows, *flow_columns), sum(expected[column] for column in FLOWS))
    for unit in ("bytes", "packets"):
        both = expected[f"{unit}_src_to_dst"] + expected[f"{unit}_dst_to_src"]
        check(f"{name} {unit}", total(rows, f"{unit}_received", f"{unit}_sent"), both)
    check(f"{name} tuples_unmeasured", total(rows, "tuples_unmeasured"), expected["tuples_unmeasured"])


def check_two_sided(name, expected):
    """Both ends of a flow have their row: inbound = outbound = flows, received = sent = bytes both ways."""
    rows = rows_of(name)
    flows = sum(expected[column] for column in FLOWS)
    check(f"{name} inbound flows", total(rows, *FLOWS[:2]), flows)
    check(f"{name} outbound flows", total(rows, *FLOWS[2:]), flows)
    for unit in ("bytes", "packets"):
        both = expected[f"{unit}_src_to_dst"] + expected[f"{unit}_dst_to_src"]
        check(f"{name} {unit}_received", total(rows, f"{unit}_received"), both)
        check(f"{name} {unit}_sent", total(rows, f"{unit}_sent"), both)


def check_directions(name, expected):
    """At the NIC: inbound received and outbound sent are what went from source to destination."""
    rows = rows_of(name)
    inbound = [row for row in rows if row["direction"] == "Inbound"]
    outbound = [row for row in rows if row["direction"] != "Inbound"]
    for unit in ("bytes", "packets"):
        forth = total(inbound, f"{unit}_received") + total(outbound, f"{unit}_sent")
        back = total(inbound, f"{unit}_sent") + total(outbound, f"{unit}_received")
        check(f"{name} {unit}_src_to_dst", forth, expected[f"{unit}_src_to_dst"])
        check(f"{name} {unit}_dst_to_src", back, expected[f"{unit}_dst_to_src"])


summary = json.loads((report / "summary.json").read_text(encoding="utf-8"))
tuples, observed, once = summary["tuples"], summary["traffic"]["observed"], summary["traffic"]["deduplicated"]

check("tuples read", tuples["read"], sum(tuples[part] for part in ("kept", "rejected", "duplicate", "outside_window")))
check("tuples kept by format", sum(tuples["by_format"].values()), tuples["kept"])
check("tuples kept by state", sum(tuples["by_state"].values()), tuples["kept"])
check("some tuple is kept", tuples["kept"] > 0, True)
for table in ("traffic_by_interface", "traffic_by_rule"):
    check_against(table, observed, FLOWS)
check_directions("traffic_by_rule", observed)
for table in ("traffic_by_flow_type", "traffic_by_country", "traffic_by_azure_region", "traffic_over_time"):
    check_against(table, once, FLOWS)
for table in ("traffic_by_pair", "traffic_by_port", "subnet_matrix", "conversations", "encryption"):
    check_against(table, once, PAIR_FLOWS)
for table in ("traffic_by_ip", "traffic_by_subnet", "traffic_by_vnet", "traffic_by_scale_set"):
    check_two_sided(table, once)
for table in ("capture_points", "coverage"):
    check(f"{table} tuples", total(rows_of(table), "tuples"), tuples["kept"])
for table, facts in summary["tables"].items():
    check(f"{table} rows", len(rows_of(table)), facts["rows"])

def check_changes():
    """Differences are those of their cells, amounts of the window those of its tables, counts those of summary.json."""
    changes = rows_of("changes")
    counted = {kind: dict(counts) for kind, counts in summary.get("changes", {}).items()}
    for row in changes:
        what = f"changes {row['kind']} {row['name']}"
        counted[row["kind"]][row["change"]] -= 1
        for unit in ("bytes", "flows"):
            before, now, difference = (row[f"{unit}_{column}"] for column in ("before", "now", "difference"))
            known = str(int(now) - int(before)) if before and now else ""
            check(f"{what} {unit}_difference", difference, known)
    check("changes counted", {count for counts in counted.values() for count in counts.values()} - {0}, set())
    for kind, table, key in (("address", "traffic_by_ip", "ip"), ("interface", "traffic_by_interface", "mac"),
                             ("subnet", "traffic_by_subnet", "subnet"), ("country", "traffic_by_country", "country")):
        flows = {row[key]: total([row], *FLOWS) for row in rows_of(table)}
        for row in changes:
            if row["kind"] == kind and row["flows_now"]:
                check(f"changes {kind} {row['name']} flows_now", int(row["flows_now"]), flows.get(row["name"], 0))


check_changes()

told = json.loads((report / "findings.json").read_text(encoding="utf-8"))
findings = told["findings"]
for severity, count in summary["findings"].items():
    check(f"findings {severity}", sum(finding["severity"] == severity for finding in findings), count)
for since, count in summary.get("findings_since", {}).items():
    found = len(told["ended"]) if since == "ended" else sum(finding.get("since") == since for finding in findings)
    check(f"findings {since}", found, count)
check("finding ids are unique", len({finding["id"] for finding in findings}), len(findings))

pictures = {kind: {path.stem for path in (report / "charts").glob(f"*.{kind}")} for kind in ("svg", "png")}
check("every chart is there as SVG and PNG", pictures["png"], pictures["svg"])
check("some chart is drawn", bool(pictures["svg"]), True)
check("the page is there", (report / "report.html").stat().st_size > 0, True)

for failure in failures:
    print(f"{report}: {failure}", file=sys.stderr)
print(f"{report}: {tuples['kept']} tuples kept, {len(summary['tables'])} tables, {len(findings)} findings, "
      f"{len(pictures['svg'])} charts: {'sums differ' if failures else 'all sums agree'}")
sys.exit(1 if failures else 0)

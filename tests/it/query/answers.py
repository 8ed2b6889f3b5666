"""Answers every query of a folder over a workspace with DuckDB, for comparison with azflow's answers.

    python answers.py WORKSPACE QUERIES

Prints one JSON object: by the query's name its rows, each an object. Moments are RFC 3339 UTC with milliseconds, whole numbers are exact.
Exits with 3 where there is no duckdb. docs/query.md has the same views for people.
"""

import datetime
import decimal
import json
import pathlib
import sys

try:
    import duckdb
except ImportError:
    sys.exit(3)

workspace, queries = map(pathlib.Path, sys.argv[1:3])
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
for table in sorted(path for path in workspace.iterdir() if any(path.glob("date=*/hour=*/*.parquet"))):
    files = str(table / "date=*" / "hour=*" / "*.parquet").replace("'", "''")
    connection.execute(
        f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet('{files}', "
        "hive_partitioning = true, hive_types = {'date': VARCHAR, 'hour': BIGINT})"
    )


def plain(value):
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03}Z"
    if isinstance(value, decimal.Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


answers = {}
for path in sorted(queries.glob("*.sql")):
    cursor = connection.execute(path.read_text(encoding="utf-8"))
    names = [column[0] for column in cursor.description]
    answers[path.stem] = [{name: plain(value) for name, value in zip(names, row)} for row in cursor.fetchall()]
json.dump(answers, sys.stdout)

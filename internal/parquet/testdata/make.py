"""Writes the files of this directory, with pyarrow (see its version in each footer).

They hold the same articles in the ways of a writer that is not the library that the
tests use otherwise: run it only to add a way.
"""

import datetime
import pathlib
import random

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
random.seed(1)
N = 60


def noise(n):
    # Random digits do not compress: their pages are where LZ4 goes wrong elsewhere.
    return "".join(random.choice("0123456789abcdefghijklmnopqrstuvwxyz .,") for _ in range(n))


table = pa.table(
    {
        "id": pa.array(range(1, N + 1), pa.uint32()),
        "text": pa.array(
            [None if i % 9 == 4 else f"Report {i} of the port. " * (i % 5 + 1) for i in range(N)]
        ),
        "title": pa.array([noise(i % 40) for i in range(N)]),
        "language": pa.array(["en" if i % 3 else None for i in range(N)]),
        "published": pa.array(
            [datetime.datetime(2031, 1 + i % 12, 1 + i % 28, i % 24, 30) for i in range(N)],
            pa.timestamp("us"),
        ),
        "tags": pa.array([["port", "sea"][: i % 3] for i in range(N)]),
        "place": pa.array([{"name": "Orvale", "code": i} for i in range(N)]),
    }
)

for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    for version in ["1.0", "2.0"]:
        pq.write_table(
            table,
            here / f"{codec}-{version[0]}.parquet",
            compression=codec,
            data_page_version=version,
            row_group_size=25,
            data_page_size=200,
            write_batch_size=10,
            write_page_checksum=version == "2.0",
            write_statistics=False,
            store_schema=False,
        )

texts = ["text", "title", "language"]
for encoding in ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"]:
    pq.write_table(
        table,
        here / f"{encoding.lower()}.parquet",
        use_dictionary=False,
        column_encoding={c: encoding for c in texts}
        | {"id": "DELTA_BINARY_PACKED", "published": "DELTA_BINARY_PACKED"}
        | {"tags.list.element": "PLAIN", "place.name": "PLAIN", "place.code": "PLAIN"},
        compression="lz4",
        write_statistics=False,
        store_schema=False,
    )

# A page of nothing but noise, longer compressed than not.
dense = pa.table({"id": pa.array(range(1, 21), pa.int64()), "text": [noise(60) + noise(60).upper() for _ in range(20)]})
for codec in ["none", "lz4"]:
    pq.write_table(dense, here / f"noise-{codec}.parquet", compression=codec, use_dictionary=False, store_schema=False)

pq.write_table(
    table, here / "int96.parquet", use_deprecated_int96_timestamps=True, write_statistics=False, store_schema=False
)
pq.write_table(table.slice(0, 0), here / "empty.parquet", store_schema=False)
with pq.ParquetWriter(here / "groups.parquet", table.schema, write_statistics=False, store_schema=False) as writer:
    for begin, rows in [(0, 0), (0, 30), (30, 0), (30, 30), (60, 0)]:
        writer.write_table(table.slice(begin, rows))

"""Blanked sketches: those that would result if the provider's logs lacked some columns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.records.sketches import OF_INSTRUCTIONS

SKETCHED_FROM = {
    "text": (
        *("instructions_value", "payload_value", "head_value", "tail_value", "simhash", "minhash"),
        *("content_features", "subject", "form", *OF_INSTRUCTIONS),
        *("input_chars", "output_chars"),
    ),
    "addresses": ("address_value", "address_subnet_value", "address_network_value"),
}
"""The columns of a sketch that come from text (instructions, input, output) and from client addresses."""


def write_blanked(sketches: Path, missing: str, out: Path) -> None:
    """Writes the sketches again with every column of `missing` null, in the same row groups."""
    blank = SKETCHED_FROM[missing]
    source = pq.ParquetFile(sketches)
    with pq.ParquetWriter(out, source.schema_arrow, compression="zstd", compression_level=1) as writer:
        for number in range(source.num_row_groups):
            group = source.read_row_group(number)
            for name in blank:
                group = _without(group, group.schema.get_field_index(name))
            writer.write_table(group)


def _without(group: pa.Table, place: int) -> pa.Table:
    field = group.schema.field(place)
    return group.set_column(place, field, pa.nulls(len(group), field.type))

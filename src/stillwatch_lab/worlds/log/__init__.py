"""The log of a world: conversations, texts and headers of every exchange, written as Parquet files."""

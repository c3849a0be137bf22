"""What needs a running Spark: its engine, and that whole runs on it give the same as on DuckDB."""

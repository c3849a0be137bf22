"""What a run keeps on disk: its folder, its finished stages, its state and the lineage of what it found."""

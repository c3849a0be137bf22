"""The `stillwatch` command: one module a group of subcommands, each option declared once."""

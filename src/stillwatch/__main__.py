"""Lets `python -m stillwatch` do what the `stillwatch` command does."""

from stillwatch.cli.main import main

if __name__ == "__main__":
    main()

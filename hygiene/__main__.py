"""`python -m hygiene` is `hygiene`."""

from hygiene.cli.main import main

if __name__ == "__main__":
    main()

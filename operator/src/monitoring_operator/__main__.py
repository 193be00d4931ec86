"""`python -m monitoring_operator`: the command line where its script is not on PATH."""

from monitoring_operator.cli.main import main

if __name__ == "__main__":
    main()

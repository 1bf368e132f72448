"""Run the command line with ``python -m ids_build``."""

from ids_build.cli.main import main

main()

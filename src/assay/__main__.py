"""``python -m assay``: the command line, as torchrun starts it."""

from assay.cli import main

main()

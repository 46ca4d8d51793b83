"""assay tells you which training data makes the better model, before you pay for the big run.

The package is a house of rooms (one folder each, see CONTRIBUTING.md). Nothing heavy is imported here.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"

"""What every room of Vedette shares: the model, the clock, configuration, errors, logging and the command line."""

__version__ = "0.1.0"

"""Delphi consultations that refine an intervention manual with the people it concerns."""

__version__ = "0.1.0"

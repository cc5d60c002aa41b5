"""Files made from what a study has published: the manual with its evidence."""

from delphi.reports.exporting import KINDS, Export, export, export_key

__all__ = ["KINDS", "Export", "export", "export_key"]

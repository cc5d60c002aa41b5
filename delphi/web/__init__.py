"""The site: pages for the public, the panel and the researchers' office."""

from delphi.web.app import create_app

__all__ = ["create_app"]

"""The site's words in the reader's language, for the web's own modules."""

from delphi.language import gettext, lazy_gettext, marked, ngettext

__all__ = ["gettext", "lazy_gettext", "marked", "ngettext"]

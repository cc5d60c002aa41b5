"""The manual as a document: read, written, shown, compared and printed, with no database and no web."""

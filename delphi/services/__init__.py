"""Use cases: a session in, rows out. They know no Flask and never commit."""

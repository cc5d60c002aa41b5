"""Charts for page, PDF and file: numbers in, one SVG string or table out; nothing else of the system is imported."""

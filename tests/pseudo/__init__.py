"""The whole site in the made-up language: whatever a reader still understands is in no catalogue."""

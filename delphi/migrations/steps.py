"""Where Alembic finds the steps."""

from pathlib import Path

from alembic.config import Config


def steps() -> Config:
    """Return Alembic's configuration: our folder of steps, no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config

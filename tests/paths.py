"""Where the app and its files are."""

from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
APP = str(REPOSITORY / "app.py")
SAMPLE = REPOSITORY / "sample_data"

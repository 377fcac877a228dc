"""Streamlit's command, told that the pages are those of `st.navigation`: `python -m shopkeeper.cli.server`.

Where a folder `pages/` lies beside `app.py`, a fresh Streamlit server takes the files directly in it for the app's
pages until a first run has called `st.navigation`, and answers a first visitor's deep link with “Page not found”.
"""

import sys

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False
    sys.argv[0] = "streamlit"
    main()

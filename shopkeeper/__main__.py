"""`python -m shopkeeper`: the program without a screen, and the door to the one with it."""

import sys

from shopkeeper.cli.main import main

sys.exit(main())

"""What the program refuses, told in a sentence that says what to do next."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """Shown to the user as it is: what happened, to which file, row or filter, and what to do next.

    The command line prints the sentence and exits with 1; a page shows it where the answer would be.
    """

"""The one error that a user can cause."""


class LinksimError(ValueError):
    """Bad input: one line that says what was wrong, where, and what to do.

    The command line shows the message without a traceback and exits with code 2.
    """

"""What came in through an incoming integration: reading it, and running a call again.

- ``pages``: which calls a page shows;
- ``document``: a call as clients read it;
- ``rerun``: one call again.
"""

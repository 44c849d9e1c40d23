"""What outgoing integrations did: reading it, clearing it, doing it again (contract, section 4, "History").

- ``pages``: which entries a page shows, found and searched without looking at all of them;
- ``reading``: entries with their attempts, up to a number of bytes;
- ``document``: an entry as clients read it;
- ``clearing``: forgetting what has ended;
- ``replaying``: one entry again, or all that ended badly since a time;
- ``managed``: who may do what.
"""

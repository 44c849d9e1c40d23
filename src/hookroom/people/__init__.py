"""Use cases of people: accounts, logins, roles, preferences."""

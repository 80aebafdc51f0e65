"""A Microsoft Teams of our own, for the tests: a real server with a ledger and faults, and the people who use it."""

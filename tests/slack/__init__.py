"""A Slack of our own, for the tests: a real server with a ledger and faults, and Slack's limits written down."""

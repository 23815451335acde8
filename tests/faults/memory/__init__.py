"""The services that the product calls, in memory and at the level of their API calls, under simulated time.

Each is held to the contract suites (tests/contract), so that what survives here would survive there.
"""

"""The sample service: cameras keep a connection to a control server, which stores what they send.

Only standard library, and nothing newer than Python 3.9, which is what Amazon Linux 2023 has as `python3`.
"""

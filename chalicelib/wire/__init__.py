"""Bytes to domain and back. Pure: no I/O, no clients."""

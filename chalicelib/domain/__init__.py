"""What a deployment is and what may happen to it. Pure: standard library only, no I/O, time is an argument."""

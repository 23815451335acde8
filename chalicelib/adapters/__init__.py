"""One module for each outside system, where its errors end and the ports' begin."""

"""What the state machine asks for: one function for each task, named like its state, one module for each function.

Every step may run twice, late, or after a crash of itself: it reads the record and the world, does what is missing, and
writes through `Work`.
"""

"""What the state machines ask for: one method for each task, named like its state, in the module of its function.

The module `hosts` has the function `drain` as well, `ending` has `retire` and `terminate`, `cleaning` has `cleanup`.
Every step may run twice, late, or after a crash of itself: it reads the record and the world, does what is missing, and
writes through `Work`.
"""

"""What people, CI and the state machine ask for, in terms of the ports."""

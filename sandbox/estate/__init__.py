"""What no emulator has: real hosts, a real balancer, devices, and SSM commands that really run."""

"""The whole service on one machine: platform, estate, devices and chat."""

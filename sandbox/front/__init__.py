"""What stands between people and the product in the sandbox: an HTTP API, a chat service and a page to watch."""

"""The team's web application: a status page for the cameras."""

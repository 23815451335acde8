"""`pointsman push`: a directory becomes a release of a frontend in the team's bucket."""

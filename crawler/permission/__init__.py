"""Permission before the request, for every request (C-ROBOTS, DA-5.3.1-2)."""

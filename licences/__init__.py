"""Which rights a page states, which rules a robots.txt sets, and what a policy makes of both: pure values."""

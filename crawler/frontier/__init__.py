"""The visit's frontier: what is due when, under which limits; and the services that visits share."""

"""What `make` calls: the system up and down, builds, checks of this machine, and what works on AWS."""

"""What may be done, by whom: the engine with its one way in for every change, the daemon's wiring, the command line."""

"""What the embedded Azure knows: its state, settings, clock, counters; ids and regions."""

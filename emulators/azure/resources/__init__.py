"""Resource groups, resources and their operations, as ARM serves those of any provider."""

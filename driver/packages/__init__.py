"""Resource packages: what a resource type is made of, read, checked and bound to properties."""

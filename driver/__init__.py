"""The Azure resource driver for TNC-O: what its HTTP functions, activities and commands do."""

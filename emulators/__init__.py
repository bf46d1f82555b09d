"""Development emulators: the local Functions host and the embedded Azure. They never ship."""

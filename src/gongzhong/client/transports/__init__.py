"""HTTP libraries behind the transport seam, one module each; none is imported before a client needs it."""

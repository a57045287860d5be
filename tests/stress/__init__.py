"""Random programs, run on every pair of compiler and machine: all of them must tell the same story."""

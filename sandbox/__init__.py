"""What Guichê runs against in the demo and the tests. Nothing in production imports this package."""

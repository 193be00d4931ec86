"""What the tests, the demo and the make targets share: tools, a real control plane, patient waiting."""

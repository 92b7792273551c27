"""Run histories that we measured ourselves, and the workflows and simulators that produced them."""

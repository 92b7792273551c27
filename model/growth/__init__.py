"""How cost grows with size and parameters: two bases, and trees on what they leave."""

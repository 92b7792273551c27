"""What runs are: their history, and the columns by which the model sees them."""

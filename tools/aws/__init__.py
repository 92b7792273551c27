"""What a person runs against AWS itself."""

"""What learned codecs are made of."""

"""Learned image compression: a picture to bytes by networks and an entropy coder."""

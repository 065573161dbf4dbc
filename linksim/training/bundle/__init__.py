"""A kit that trains recipes on a machine with JAX, NumPy and h5py, without TensorFlow and without a network."""

"""Block-error tables: what they are, how they are measured, where they lie, what follows from them."""

"Sparse detection transformers for roadside cameras."
__version__ = "0.1.0"

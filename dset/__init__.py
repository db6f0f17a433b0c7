"Sparse detection transformers for roadside cameras."
__version__ = "0.1.0"

import os as _os

# Threads of GNU OpenMP, which PyTorch's wheels for Linux use, wait for each other in a loop for a long while. On a
# quiet machine nobody minds; beside one busy process a training step took twenty times as long. So they look some
# thousand times, then sleep. It is read when torch is first imported, and a word of the user's stands.
if 'OMP_WAIT_POLICY' not in _os.environ: _os.environ.setdefault('GOMP_SPINCOUNT', '5000')

"""One thread per operation while units run, and the environment as it was afterwards.

Floats may depend on the number of threads that share a sum: photographs, with large convolutions, differ in
their last bits. A machine is filled with workers instead.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from linksim.files import num_cores

_ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold TensorFlow to one thread per operation in worker processes, and here if it has not started yet.

    By environment variables, which are put back afterwards. Whoever sets them is obeyed. Where TensorFlow
    runs already, its threads stay as they are.
    """
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update({name: value for name, value in _ONE_THREAD.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


def on_several_threads() -> bool:
    """Whether TensorFlow runs in this process already, on more threads than one. Ask outside of `one_thread`.

    Sums of large convolutions then differ in their last bits from those of worker processes. Nothing is changed.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or os.environ.get("TF_NUM_INTRAOP_THREADS") == "1" or num_cores() == 1:
        return False
    threading = tensorflow.config.threading
    before = threading.get_intra_op_parallelism_threads()
    if before == 1:
        return False
    try:
        # There is no call that tells whether the runtime has started; one that has refuses another number.
        threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        return True
    threading.set_intra_op_parallelism_threads(before)
    return False

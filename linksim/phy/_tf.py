"""TensorFlow, imported quietly and once: `from linksim.phy._tf import tf`.

Everything in `linksim.phy` and `linksim.links` takes TensorFlow from here, before it imports
Sionna, so that start-up messages never reach the user and no process claims a whole GPU. Whoever
sets `TF_CPP_MIN_LOG_LEVEL` to 0 sees TensorFlow's messages, the early ones included.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# What the C++ runtime writes while it is loaded, before it reads any log level: absl lines
# ("I0000 00:00:1795.. port.cc:153] ..") and two lines that come along with them.
_NOISE = re.compile(
    rb"^([IWE]\d{4} \d\d:\d\d:|WARNING: All log messages before absl|To enable the following instructions)"
)


@contextlib.contextmanager
def _without_noise() -> Iterator[None]:
    """Hold file descriptor 2 back and pass on afterwards all that is not start-up noise.

    The descriptor and not `sys.stderr`, because C++ writes to it directly. What other threads write
    meanwhile is late, not lost; if the import fails, everything is shown.
    """
    try:
        saved = os.dup(2)
    except OSError:  # a daemon without standard error: nothing to keep clean
        yield
        return
    failed = True
    with tempfile.TemporaryFile() as held:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
            failed = False
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            for line in held:
                if failed or not _NOISE.match(line):
                    os.write(2, line)


def _grow_gpu_memory() -> None:
    """Let every GPU's memory pool grow on demand, so that several workers share one card."""
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            # The runtime is already up: whoever used TensorFlow before us decided.
            return


# 3 also hides the "failed call to cuInit" error of every machine without a GPU; fatal stays. The
# variable reaches worker processes, which must be as quiet, hence the test for its value.
# Nor is 1 a user's wish: JAX, which Keras may have imported, puts it there.
if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != "0":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with _without_noise():
        import tensorflow as tf

        _grow_gpu_memory()
else:
    import tensorflow as tf

    _grow_gpu_memory()

__all__ = ["tf"]

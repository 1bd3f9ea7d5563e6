"""What lets TensorFlow's own functions take Variables, beside `__tf_tensor__`, which every Variable has.

`tape.gradient(loss, [variable])` takes what acts as a resource variable and has its handle.
"""

from __future__ import annotations

from .private import of_resources as variable_attributes

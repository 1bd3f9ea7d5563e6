"""What lets TensorFlow's own functions take Variables, beside `__tf_tensor__`, which every Variable has.

`tape.gradient(loss, [variable])` takes what acts as a resource variable and has its handle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

variable_attributes: dict[str, Callable[[Any], Any]] = {
    "handle": lambda variable: variable.storage.handle,
    "_should_act_as_resource_variable": lambda variable: True,
    "_shared_name": lambda variable: variable.storage._shared_name,
}

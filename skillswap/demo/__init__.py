"""How does a new installation become a living place? With invented people and what they did.

`cast` knows the people, `leads` and `crowd` plan what they do, `play` does it; `phones` is how
staff come in.
"""

from skillswap.demo.load import address_of, is_loaded, load_demo
from skillswap.demo.phones import code

__all__ = ["address_of", "code", "is_loaded", "load_demo"]

"""How does a new installation become a living place? With invented people and what they did.

`cast` knows the people, `leads` and `crowd` plan what they do, `play` does it.
"""

from skillswap.demo.load import is_loaded, load_demo

__all__ = ["is_loaded", "load_demo"]

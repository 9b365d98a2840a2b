"""How finlmm-tiny, the small policy that ships with the package, is made."""

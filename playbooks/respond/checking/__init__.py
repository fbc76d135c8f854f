"""How each kind of check is judged; one module a subject."""

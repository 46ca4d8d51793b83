"""Max-plus polynomials, Newton polytopes, division, and networks made smaller by it.

Not filled yet.
"""

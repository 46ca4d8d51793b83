"""Max-plus polynomials, Newton polytopes, division, and networks made smaller by it.

- ``polynomial.py``  max-plus polynomials: values, sum, product, essential terms, Newton polytope, equality
- ``division.py``    the quotient and the remainder, of real or integer slopes, by one divisor or several
- ``hull.py``        the upper hull that decides all of this; ``halfspaces.py`` the corners of a polytope
- ``arrays.py``      small operations on arrays of points
"""

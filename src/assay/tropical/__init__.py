"""Max-plus polynomials, Newton polytopes, division, and networks made smaller by it.

- ``polynomial.py``  max-plus polynomials: values, sum, product, essential terms, Newton polytope, equality
- ``division.py``    the quotient and the remainder, of real or integer slopes, by one divisor or several
- ``hull.py``        the upper hull that decides all of this; ``halfspaces.py`` the corners of a polytope
- ``arrays.py``      small operations on arrays of points
- ``plot.py``        pictures of polynomials and polytopes, before and after a division
- ``network.py``     a two-layer ReLU network; ``zonotope.py`` such a network as max-plus polynomials, and error bounds
- ``network_files.py`` networks in safetensors files and as torch modules; ``onnx_graph.py`` in ONNX files
- ``reduce.py``      make a network smaller by a method of a name; ``methods/`` holds one method a file
- ``compare.py``     a smaller network beside the larger; ``smallest.py`` the fewest units that agree
- ``minimize.py``    a network in a file made smaller, as an artifact
- ``calibration.py`` the samples they look at; ``kmeans.py`` and ``refit.py`` what several of them need
"""

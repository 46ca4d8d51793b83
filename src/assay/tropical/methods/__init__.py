"""Ways to make a network smaller, one a file, each a function (network, units, calibration, rng) → network.

By choosing units: ``random_units.py``, ``l1.py``, ``torch_structured.py``, ``activation.py``, ``thinet.py``, ``qr.py``,
``cur.py``, ``omp.py``, ``obs.py``. By making new ones, of the papers: ``heuristic.py`` and ``stable.py`` (one class
against the rest through ``one_vs_all.py``), ``zonotope_kmeans.py``, ``path_kmeans.py``. Of others: ``zip_merge.py``,
``distill.py``. Ours: ``merge.py``, and ``auto.py``, which starts from the best of these.
"""

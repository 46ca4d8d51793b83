"""What came out, for people: a leaderboard in the terminal and one self-contained HTML page.

This room sees only records and the files of artifact folders.

- ``contents.py``  the files it reads, typed
- ``gather.py``    from folders to what belongs together
- ``board.py``     the recipes in order, best first
- ``standings.py``  DCLM's board: evaluated models by CORE, and its files
- ``dclm_results.py`` the evaluations that DCLM published, as rows of it
- ``table.py``     the leaderboard in the terminal, and as JSON
- ``charts.py``    the pictures, as Vega-Lite
- ``samples.py``   which sampled documents fit in the page
- ``funnels.py``   each recipe's funnel as the page shows it
- ``inline.py``    JSON, scripts and styles made safe to stand in a page
- ``page.py``      the HTML page, from ``templates/``
- ``fill.py``      a page from a template, with nothing outside it
- ``inspection.py`` what each step of a dataset dropped beside what it kept, and the page to search them
- ``survey.py``     the values of statistics, small enough for a page
- ``thresholds.py`` the page with a slider for each bound
- ``law_charts.py`` the pictures of a scaling fit
- ``law_page.py``   the page with them
"""

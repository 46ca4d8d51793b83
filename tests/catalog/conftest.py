from __future__ import annotations

from scorers import conftest as classifiers
from text import conftest as goldens

golden = goldens.golden
good_file, other_file, model = classifiers.good_file, classifiers.other_file, classifiers.model

from __future__ import annotations

import json

import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.papers.scaling import Number, reproduce

pytestmark = pytest.mark.filterwarnings("ignore::assay.scaling.checks.ScalingWarning")


def test_every_number_of_the_paper(shared_data):
    found = reproduce(shared_data / "scaling_testbed.csv")
    assert len(found.numbers) == 59
    assert [number.what for number in found.numbers if not number.equal] == []
    assert len(found.selected) == 17
    assert sum(len(found.errors(name)) for name in found.fits) == 104
    assert json.loads(json.dumps(found.to_json()))["fits"]["c4"]["law"]["eta"] == pytest.approx(0.121236, abs=1e-5)


def test_the_command_prints_them_and_draws_figure_1(shared_data, tmp_path, capsys):
    testbed = str(shared_data / "scaling_testbed.csv")
    assert invoke(["paper", "scaling", "--testbed", testbed, "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "59 of 59 numbers as printed" in shown
    assert "Table 7, refinedweb, avg17" in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c4.html", "redpajama.html", "refinedweb.html"]


def test_a_number_is_equal_to_the_digits_that_are_printed():
    assert Number("", 141, 141.9).equal
    assert not Number("", 1.51, 1.4989).equal


def test_other_models_will_not_do(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("params,tokens,loss_c4_eval,group\n1e7,2e8,4,c4\n")
    with pytest.raises(InputError):
        reproduce(path)

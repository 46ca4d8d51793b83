"""Nothing in the data can leave its script element."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from assay.report.inline import content_policy, script_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["</script>", "<!--", "\u2028", "]]>", "&lt;"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(values)
def test_the_value_comes_back_and_no_markup_is_in_it(value: object) -> None:
    text = str(script_json(value))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_numbers_that_json_does_not_have_become_null() -> None:
    assert script_json([1.5, float("nan"), float("inf")]) == "[1.5,null,null]"


def test_the_policy_names_each_script_by_its_hash() -> None:
    policy = content_policy(["alert(1)"], "p {}")
    # echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy

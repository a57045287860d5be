"""Let failed comparisons of commands show their difference."""

import pytest

pytest.register_assert_rewrite("tests.runtime.commands")

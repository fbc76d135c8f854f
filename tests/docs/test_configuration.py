from docs.generate import PAGE, page


def test_the_reference_is_current() -> None:
    """docs/configuration.md is what the models say today; `make docs` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()

"""A page as Streamlit runs it without a browser."""

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.paths import APP


def opened(page: str, **link: Any) -> AppTest:
    """The page, opened by a link with these choices; neither an exception nor an error may be on it."""
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in link.items():
        app.query_params[name] = value
    app.run().switch_page(page).run()
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


def texts(app: AppTest) -> str:
    """All sentences on the page."""
    return "\n".join(str(element.value) for element in (*app.markdown, *app.caption, *app.warning, *app.info))

"""A page as Streamlit runs it without a browser."""

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.paths import APP


def linked(**link: Any) -> AppTest:
    """The app by a link with these choices; it has not run yet."""
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in link.items():
        app.query_params[name] = value
    return app


def opened(page: str, **link: Any) -> AppTest:
    """The page by such a link; neither an exception nor an error may be on it."""
    return sound(linked(**link).run().switch_page(page).run())


def sound(app: AppTest) -> AppTest:
    """The app, of which nothing is wrong."""
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


def texts(app: AppTest) -> str:
    """All sentences on the page."""
    shown = (*app.markdown, *app.caption, *app.title, *app.warning, *app.info, *app.success)
    return "\n".join(str(element.value) for element in shown)


def link_of(app: AppTest) -> dict[str, list[str]]:
    """The choices that the page's address holds now."""
    shown = {name: app.query_params[name] for name in app.query_params}
    return {name: value if isinstance(value, list) else [value] for name, value in shown.items()}

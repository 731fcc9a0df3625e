"""Whom the review pages let in, what they refuse to everybody, and what every answer forbids the browser."""

import pytest

from tests.acceptance.asking import HOST, Browser, looking
from tests.acceptance.command import Redress
from workflow.review.access import SESSION_SECONDS, ByHeader, ByToken
from workflow.review.app import Overviews, pages
from workflow.session import Session

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

PATHS = ("/", "/due", "/case?reference=H-1", "/cases?state=closed", "/log", "/dashboard", "/nowhere")


def stranger(browser: Browser) -> Browser:
    return Browser(browser.app, browser.shown)


def test_nobody_is_let_in_without_the_link_and_the_link_is_good_once(redress: Redress) -> None:
    with looking(redress.url) as browser:
        used, offered = browser.shown
        for path in PATHS:
            refused = stranger(browser).ask(path)
            assert (refused.status, "Not let in" in refused.words) == (403, True), path
            assert "The log" not in refused.words
        assert used != offered
        again = stranger(browser).ask(used)
        assert (again.status, again.headers.get("set-cookie")) == (403, None)
        assert stranger(browser).ask("/enter?token=").status == 403
        assert stranger(browser).ask("/", cookie="redress_review_8400=").status == 403
        assert browser.ask("/").status == 200


def test_the_link_becomes_a_cookie_that_no_script_and_no_other_site_can_use(redress: Redress) -> None:
    with looking(redress.url) as browser:
        other = stranger(browser)
        looked = other.ask(browser.shown[-1], "HEAD")
        assert (looked.status, looked.headers.get("set-cookie")) == (403, None), "a HEAD must not use up the link"
        entered = other.enter()
        assert (entered.status, entered.headers["location"]) == (303, "/")
        attributes = entered.headers["set-cookie"].lower().replace(" ", "").split(";")[1:]
        assert {"httponly", "samesite=strict", "path=/", f"max-age={SESSION_SECONDS}"} <= set(attributes)
        assert other.ask("/").status == 200


def test_two_on_one_machine_do_not_log_each_other_out(redress: Redress) -> None:
    session, jar = Session(url=redress.url), dict[str, str]()  # a browser keeps one jar for all ports of an address
    browsers = []
    for port in (8400, 8401):
        shown: list[str] = []
        app = pages(session, Overviews(session), ByToken(shown.append, port), [HOST], lambda: None)
        browsers.append(Browser(app, shown))
        browsers[-1].enter()
        name, _, value = browsers[-1].headers["cookie"].partition("=")
        jar[name] = value
    cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
    assert [browser.ask("/", cookie=cookie).status for browser in browsers] == [200, 200]
    assert browsers[0].ask("/", cookie=browsers[1].headers["cookie"]).status == 403


def test_who_was_let_in_is_let_out_after_twelve_hours(redress: Redress) -> None:
    now = [0.0]
    shown: list[str] = []
    session = Session(url=redress.url)
    app = pages(session, Overviews(session), ByToken(shown.append, 8400, lambda: now[0]), [HOST], lambda: None)
    browser = Browser(app, shown)
    browser.enter()
    now[0] = SESSION_SECONDS - 1
    assert browser.ask("/").status == 200
    now[0] = SESSION_SECONDS + 1
    assert browser.ask("/").status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_is_taken_but_get_and_head(redress: Redress, method: str) -> None:
    with looking(redress.url) as browser:
        for path in (*PATHS, "/static/review.css", "/enter"):
            answer = browser.ask(path, method)
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
        assert browser.ask("/", "HEAD").status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:9999", "", f"{HOST}.evil.example"])
def test_a_hostile_name_that_points_here_is_not_answered(redress: Redress, host: str) -> None:
    with looking(redress.url) as browser:
        assert browser.ask("/", host=host).status == 421
        assert browser.ask("/static/review.css", host=host).status == 421
        assert browser.ask("/", host=HOST.upper()).status == 200


def test_every_answer_forbids_scripts_frames_and_what_comes_from_elsewhere(redress: Redress) -> None:
    with looking(redress.url) as browser:
        answers = [browser.ask(path) for path in (*PATHS, "/static/review.css", "/static/nowhere")]
        answers += [stranger(browser).ask("/"), browser.ask("/", "POST"), browser.ask("/", host="evil.example")]
        for answer in answers:
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "script-src" not in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "<script" not in answer.text
            assert " style=" not in answer.text
        for answer in answers[: len(PATHS)]:
            assert answer.headers["cache-control"] == "no-store"
            assert not [link for link in answer.links if not link.startswith(("/", "#"))]


def test_a_reverse_proxy_says_who_looks(redress: Redress) -> None:
    session = Session(url=redress.url)
    app = pages(session, Overviews(session), ByHeader("X-Remote-User"), [HOST, "review.example.org"], lambda: None)
    browser = Browser(app, [])
    assert browser.ask("/").status == 403
    assert browser.ask("/", x_remote_user="").status == 403
    assert browser.ask("/", x_remote_user="a" * 65).status == 403
    assert browser.ask("/enter?token=").status == 403
    page = browser.ask("/", x_remote_user="ann<b>", host="review.example.org")
    assert page.status == 200
    assert "Looking as ann<b>." in page.words
    assert "ann<b>" not in page.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--listen", "192.0.2.1"], "put a reverse proxy on this machine"),
        (["--listen", "0.0.0.0", "--trust-header", "X-Remote-User"], "any machine could send"),  # noqa: S104
        (["--listen", "::", "--trust-header", "X-Remote-User"], "any machine could send a proxy's header"),
        (["--listen", "here"], "is not an address"),
        (["--port", "70000"], "65535"),
    ],
)
def test_it_does_not_listen_where_others_could_reach_it(redress: Redress, words: list[str], said: str) -> None:
    redress.refuses(["review", *words], said, code=2)

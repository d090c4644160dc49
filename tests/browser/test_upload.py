"""assets/upload.js in a real browser: choose, drop, broken network, reload, cancel, refusals."""

import re
import time

import pytest

from tests.browser.steps import PAGE, choose, ready

pytestmark = pytest.mark.browser

MIB = 1024**2


@pytest.fixture
def large(tmp_path):
    """A file that takes many pieces, and is no expression matrix."""
    path = tmp_path / "large.h5ad"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(12 * MIB))
    return path


def state(page):
    return page.evaluate("() => window.dash_component_api.getLayout('upload-state')?.props.data")


def wait_for_state(page, *wanted, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        data = state(page)
        if data and data["state"] in wanted:
            return data
        page.wait_for_timeout(20)
    raise AssertionError(f"{state(page)} is not {wanted}")


def slow_down(page, milliseconds=150):
    """Let every piece take a while."""

    def handle(route):
        time.sleep(milliseconds / 1000)
        route.continue_()

    page.route(re.compile(r"/api/uploads/.*offset="), handle)


def jobs(page, server):
    return page.request.get(f"{server.url}/api/jobs").json()["jobs"]


def test_a_chosen_file_becomes_a_search(page, server, tiny_query):
    ready(page)
    choose(page, tiny_query)
    page.wait_for_url(PAGE)
    (job,) = jobs(page, server)
    assert page.url.endswith(job["url"])
    assert (job["filename"], job["size"]) == ("query.h5ad", tiny_query.stat().st_size)
    assert page.evaluate("localStorage.getItem('scquery-uploads')") == "{}"


def test_a_file_dropped_anywhere(page, server, tiny_query):
    ready(page)
    data = page.evaluate_handle(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dropped.h5ad"));
            return data;
        }""",
        list(tiny_query.read_bytes()),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    assert page.evaluate("document.documentElement.classList.contains('is-dragging')")
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    assert not page.evaluate("document.documentElement.classList.contains('is-dragging')")
    page.wait_for_url(PAGE)
    assert jobs(page, server)[0]["filename"] == "dropped.h5ad"


def test_the_zone_opens_the_chooser_by_mouse_and_keyboard(page, server):
    ready(page)
    for act in (lambda: page.locator("#upload-drop").click(), lambda: page.locator("#upload-drop").press("Enter")):
        with page.expect_file_chooser():
            act()


def test_progress_is_told_with_speed_and_time(page, large):
    ready(page)
    slow_down(page, 400)
    choose(page, large)
    page.wait_for_function(
        "() => /MB of 13 MB, .*\\/s, about \\d+ s left/.test(document.getElementById('upload-status')?.textContent)"
    )
    data = wait_for_state(page, "uploading")
    assert 0 < data["received"] < data["size"] == large.stat().st_size
    page.unroute_all(behavior="ignoreErrors")
    page.wait_for_url(PAGE)


def test_a_broken_network_is_waited_for(page, context, server, large, problems):
    ready(page)
    slow_down(page)
    choose(page, large)
    page.wait_for_function("() => window.dash_component_api.getLayout('upload-state').props.data?.received > 0")
    context.set_offline(True)
    waiting = wait_for_state(page, "waiting")
    assert waiting["received"] > 0
    context.set_offline(False)
    page.wait_for_url(PAGE, timeout=30_000)
    assert len(jobs(page, server)) == 1
    problems.forgive("ERR_INTERNET_DISCONNECTED")
    problems.forgive("status of 409")  # a piece arrived although its answer was lost


def test_after_a_reload_the_same_file_goes_on(page, server, large):
    ready(page)
    slow_down(page)
    choose(page, large)
    page.wait_for_function("() => window.dash_component_api.getLayout('upload-state').props.data?.received > 0")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    ready(page)
    told = wait_for_state(page, "interrupted")
    assert told["name"] == "large.h5ad"
    assert told["received"] > 0
    offsets = []
    page.on("request", lambda r: offsets.append(int(r.url.split("=")[1])) if "offset=" in r.url else None)
    choose(page, large)
    page.wait_for_url(PAGE)
    assert min(offsets) >= told["received"]
    (job,) = jobs(page, server)
    assert job["token"] == told["token"]


def test_cancel_removes_the_upload(page, server, large):
    ready(page)
    slow_down(page)
    choose(page, large)
    page.wait_for_function("() => window.dash_component_api.getLayout('upload-state').props.data?.received > 0")
    page.locator("#upload-cancel").dispatch_event("click")
    assert wait_for_state(page, "idle")["received"] == 0
    page.wait_for_function("async () => (await (await fetch('/api/jobs')).json()).jobs.length === 0")
    assert page.evaluate("localStorage.getItem('scquery-uploads')") == "{}"


def test_a_refusal_is_told(page, server, tmp_path, problems):
    ready(page)
    empty = tmp_path / "empty.csv"
    empty.touch()
    choose(page, empty)
    told = wait_for_state(page, "failed")
    assert (told["code"], told["message"]) == ("empty-file", "The file is empty.")
    problems.forgive("status of 400")


def test_several_files_are_refused(page, tiny_query, large):
    ready(page)
    page.evaluate("() => { document.getElementById('upload-file').multiple = true; }")
    page.locator("#upload-file").set_input_files([tiny_query, large])
    assert wait_for_state(page, "failed")["code"] == "one-file"

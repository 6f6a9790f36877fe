"""The sandbox's page in a real browser.

1. It opens without an error in the console and loads nothing from elsewhere.
2. Before the first session it says that there is none.
3. The button makes a token for the chosen member; its session appears as impersonated, and by whom.
4. An ordinary session appears as ordinary. No token of a session is on the page.
5. A refresh leaves the focus where it is.
6. On a narrow screen nothing is cut off.
7. Revoking ends the session: on the page, and at the API.
8. The clock of the sandbox counts: a session expires, and so does the token above.
9. A session that ended meanwhile is not revoked, and the page says so.
10. When the sandbox is gone, the page says so.

    browser.py FOLDER_FOR_SCREENSHOTS        (needs what tests/browser/run provides)
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

PROJECT_ID = "project-test-00000000-0000-4000-8000-000000000000"
SECRET = "secret-test-sandbox"
# Only so that a defect shows as a failure; the page refreshes every two seconds.
PATIENCE = 60

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Sandbox:
    """A sandbox as a process of its own."""

    def __init__(self) -> None:
        command = [os.environ["STYTCH_SANDBOX"], "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split(" listening on ", 1)[1].strip()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def post(self, path: str, body: Dict[str, Any], authorized: bool = False) -> Tuple[int, Any]:
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        if authorized:
            credentials = base64.b64encode(f"{PROJECT_ID}:{SECRET}".encode()).decode()
            request.add_header("Authorization", f"Basic {credentials}")
        try:
            with OPENER.open(request, timeout=PATIENCE) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def status_of(self, session_token: str) -> int:
        return self.post("/v1/b2b/sessions/authenticate", {"session_token": session_token}, authorized=True)[0]


class Page:
    def __init__(self, sandbox: Sandbox, profile: str, screenshots: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = os.environ["CHROMIUM"]
        for argument in ("--headless=new", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
            options.add_argument(argument)
        if os.getuid() == 0:  # root, as in a container, cannot use Chromium's own sandbox
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(executable_path=os.environ["CHROMEDRIVER"])
        self.browser = webdriver.Chrome(options=options, service=service)
        self.browser.set_window_size(1000, 1400)
        self.sandbox = sandbox
        self.screenshots = screenshots
        self.impersonated: Dict[str, Any] = {}
        self.ordinary: Dict[str, Any] = {}
        self.failures = 0
        self.points = 0

    def at(self, id_: str) -> WebElement:
        return self.browser.find_element(By.ID, id_)

    def wait(self, until: Callable[[], Any], what: str) -> Any:
        return WebDriverWait(self.browser, PATIENCE, poll_frequency=0.1).until(lambda _: until(), what)

    def row(self, session: Dict[str, Any]) -> WebElement:
        id_ = session["member_session"]["member_session_id"]
        rows = self.wait(lambda: self.browser.find_elements(By.ID, id_), f"a row for {id_}")
        return rows[0]

    def says(self, session: Dict[str, Any], *texts: str) -> None:
        row = self.row(session)
        self.wait(lambda: all(text in row.text for text in texts), f"{texts} in the row {row.text!r}")

    def show(self, element: WebElement) -> None:
        self.browser.execute_script("arguments[0].scrollIntoView()", element)

    def picture(self, name: str) -> None:
        self.browser.save_screenshot(str(self.screenshots / f"{name}.png"))

    def console(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]

    # The points, in their order; the name is what is printed.

    def it_opens_without_errors_and_loads_nothing_from_elsewhere(self) -> None:
        self.browser.get(self.sandbox.url + "/")
        assert self.browser.current_url == self.sandbox.url + "/sandbox", self.browser.current_url
        self.wait(lambda: "/sandbox/sessions" in " ".join(self.loaded()), "the list of sessions")
        foreign = [name for name in self.loaded() if not name.startswith(self.sandbox.url + "/")]
        assert not foreign, foreign
        assert not self.console(), self.console()

    def loaded(self) -> list[str]:
        script = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        return list(self.browser.execute_script(script))

    def it_says_that_there_is_no_session(self) -> None:
        assert self.at("no-sessions").is_displayed()
        assert not self.at("sessions").is_displayed()

    def an_impersonation_shows_whose_and_by_whom(self) -> None:
        Select(self.at("member")).select_by_visible_text("Grace Hopper")
        self.at("impersonate").click()
        pre = self.wait(lambda: self.browser.find_elements(By.CSS_SELECTOR, "#texts pre"), "the token")[0]
        status, self.impersonated = self.sandbox.post(
            "/v1/b2b/impersonation/authenticate", {"impersonation_token": pre.text}, authorized=True
        )
        assert status == 200, status
        self.says(self.impersonated, "Grace Hopper", "Impersonated", "by support@example.com", "Active", "ends in")
        assert not self.at("no-sessions").is_displayed()

    def an_ordinary_session_is_ordinary_and_no_token_is_shown(self) -> None:
        status, self.ordinary = self.sandbox.post("/sandbox/sessions", {})
        assert status == 200, status
        self.says(self.ordinary, "Ada Lovelace", "Ordinary", "Active")
        assert "by " not in self.row(self.ordinary).text
        first, second = self.browser.find_elements(By.CSS_SELECTOR, "#sessions tbody tr")
        assert first == self.row(self.ordinary) and second == self.row(self.impersonated), "not the newest first"
        button = self.row(self.ordinary).find_element(By.TAG_NAME, "button")
        one_line = self.browser.find_element(By.CSS_SELECTOR, "button.copy").size["height"]
        assert button.size["height"] == one_line, f"the button is {button.size['height']} pixels high"
        for session in (self.impersonated, self.ordinary):
            for name in ("session_token", "session_jwt"):
                assert session[name] not in self.browser.page_source, name
        self.show(self.at("sessions-title"))
        self.picture("sessions")

    def a_refresh_leaves_the_focus(self) -> None:
        button = self.row(self.ordinary).find_element(By.TAG_NAME, "button")
        self.browser.execute_script("arguments[0].focus()", button)
        seen = len(self.loaded())
        self.wait(lambda: len(self.loaded()) >= seen + 2, "two refreshes")
        assert self.browser.switch_to.active_element == button

    def nothing_is_cut_off_on_a_narrow_screen(self) -> None:
        metrics = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        )
        wide = self.browser.execute_script("return document.documentElement.scrollWidth - innerWidth")
        self.show(self.at("sessions-title"))
        self.picture("narrow")
        assert self.row(self.ordinary).find_element(By.TAG_NAME, "button").is_displayed()
        assert wide <= 0, f"{wide} pixels too wide"
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def a_session_can_be_revoked(self) -> None:
        token = self.impersonated["session_token"]
        assert self.sandbox.status_of(token) == 200
        button = self.row(self.impersonated).find_element(By.TAG_NAME, "button")
        assert button.accessible_name == "Revoke the session of Grace Hopper", button.accessible_name
        button.click()
        self.says(self.impersonated, "Revoked", "ago")
        assert not button.is_displayed()
        self.wait(lambda: "Grace Hopper was revoked" in self.at("session-news").text, "the news")
        assert self.sandbox.status_of(token) == 404
        assert self.sandbox.status_of(self.ordinary["session_token"]) == 200

    def the_clock_of_the_sandbox_counts(self) -> None:
        assert not self.at("clock").is_displayed()
        assert "Works once" in self.at("left").text, self.at("left").text
        self.sandbox.post("/sandbox/clock", {"advance_seconds": 3600})
        self.says(self.ordinary, "Expired")
        assert "Revoked" in self.row(self.impersonated).text
        self.wait(lambda: "Expired" in self.at("left").text, "the token's end")
        self.wait(lambda: "ahead" in self.at("clock").text, "how far the clock is ahead")
        self.picture("ended")
        self.sandbox.post("/sandbox/clock", {"reset": True})
        self.says(self.ordinary, "Active")

    def what_ended_meanwhile_is_not_revoked(self) -> None:
        button = self.row(self.ordinary).find_element(By.TAG_NAME, "button")
        self.wait(button.is_displayed, "the button")
        # Ended and clicked in one script, so that no refresh comes between.
        self.browser.execute_async_script(
            "const done = arguments[1]; fetch('/sandbox/sessions/' + arguments[0].closest('tr').id, { method: 'DELETE' })"
            ".then(() => { arguments[0].click(); done(); })",
            button,
        )
        self.wait(lambda: "was not revoked" in self.at("session-news").text, "the news")
        self.says(self.ordinary, "Revoked")

    def a_sandbox_that_is_gone_is_missed(self) -> None:
        # The one error so far is the refused revocation.
        errors = self.console()
        assert all("404" in message for message in errors) and errors, errors
        assert not self.at("session-failure").is_displayed()
        self.sandbox.stop()
        self.wait(self.at("session-failure").is_displayed, "the failure")

    def hear(self, point: Callable[[], None]) -> None:
        self.points += 1
        verdict = "ok"
        try:
            point()
        except Exception:
            self.failures += 1
            verdict = "FAILED"
            traceback.print_exc()
            self.picture(f"failed-{self.points}")
        print(f"  {verdict:<7} {point.__name__.replace('_', ' ')}", flush=True)


def main() -> int:
    screenshots = Path(sys.argv[1])
    sandbox = Sandbox()
    page: Optional[Page] = None
    try:
        with tempfile.TemporaryDirectory() as profile:
            try:
                page = Page(sandbox, profile, screenshots)
                version = page.browser.capabilities["browserVersion"]
                print(f"Chromium {version} on the page of the sandbox:", flush=True)
                for point in (
                    page.it_opens_without_errors_and_loads_nothing_from_elsewhere,
                    page.it_says_that_there_is_no_session,
                    page.an_impersonation_shows_whose_and_by_whom,
                    page.an_ordinary_session_is_ordinary_and_no_token_is_shown,
                    page.a_refresh_leaves_the_focus,
                    page.nothing_is_cut_off_on_a_narrow_screen,
                    page.a_session_can_be_revoked,
                    page.the_clock_of_the_sandbox_counts,
                    page.what_ended_meanwhile_is_not_revoked,
                    page.a_sandbox_that_is_gone_is_missed,
                ):
                    page.hear(point)
            finally:
                if page is not None:
                    page.browser.quit()
    finally:
        sandbox.stop()
    print(f"{page.points} points, {page.points - page.failures} passed; screenshots in {screenshots}")
    return 1 if page.failures else 0


if __name__ == "__main__":
    sys.exit(main())

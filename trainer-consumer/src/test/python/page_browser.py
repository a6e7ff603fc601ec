"""Clicks through the page: see scripts/test-page."""

import base64
import json
import os
import sys
import time
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

URL, SHOTS, AXE, DATASET = sys.argv[1:5]
WAIT_SECONDS = 90


def browser(width, height, theme):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    features = [
        {"name": "prefers-color-scheme", "value": theme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    return driver


def wait(driver, what, condition):
    WebDriverWait(driver, WAIT_SECONDS, poll_frequency=0.3).until(lambda _: condition(), message=what)


def rows(driver, name):
    return driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter(row => !row.querySelector('.none')).length",
        f"#{name}-rows tr",
    )


def text(driver, selector):
    return driver.execute_script("return document.querySelector(arguments[0])?.textContent ?? ''", selector)


def shoot(driver, name, width, height=None):
    # From the top: what sticks to the window's edge would stand in the middle of the picture.
    driver.execute_script("scrollTo(0, 0)")
    whole = driver.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(whole, height or 6000), "scale": 1}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    with open(os.path.join(SHOTS, name + ".png"), "wb") as out:
        out.write(base64.b64decode(shot["data"]))


def view(driver, name):
    driver.save_screenshot(os.path.join(SHOTS, name + ".png"))


def nothing_wrong(driver, name):
    """No word on the console, and no request to anybody else."""
    lines = [line["message"] for line in driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
    assert not lines, f"{name}: the console says {lines}"
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked = message["params"]["request"]["url"]
            assert asked.startswith((URL, "data:")), f"{name}: the page asked {asked}"


def fits(driver, name):
    inner, whole = driver.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert whole <= inner, f"{name}: the page is {whole} pixels wide in a window of {inner}"


def axe(driver, name):
    with open(AXE) as source:
        # By the debugger, which the page's policy does not bind.
        driver.execute_cdp_cmd("Runtime.evaluate", {"expression": source.read()})
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(result => done(result.violations.map("
        "one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])))"
    )
    serious = [one for one in found if one[0] in ("serious", "critical")]
    assert not serious, f"{name}: axe-core finds {json.dumps(serious, indent=1)}"
    print(f"{name}: axe-core: {len(found)} faults, none serious")


def evaluate():
    body = json.dumps(
        {"eval_id": "held-out", "data_sets": [{"name": "sums", "path": DATASET + "@[0:24]", "samples": 2}]}
    )
    ask = urllib.request.Request(
        URL + "v1/evaluations", body.encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(ask, timeout=30) as answer:
        print("evaluation:", answer.status)


def click_through(driver):
    wait(driver, "live", lambda: text(driver, "#live") == "live")
    wait(driver, "three steps are listed", lambda: rows(driver, "steps") >= 3)
    evaluate()
    wait(driver, "the evaluation is listed", lambda: rows(driver, "evaluations") > 0)
    for name in ("waits", "workers", "slowest", "steps"):
        wait(driver, f"{name} has rows", lambda name=name: rows(driver, name) > 0)
    assert "nothing was dropped" in text(driver, "#ends-rows") or rows(driver, "ends") > 0
    assert "no dead letter" in text(driver, "#letters-rows")
    flow = text(driver, "#flow-picture svg")
    for part in ("Producer", "Queue", "Workers", "w1", "Engines", "127.0.0.1", "Results", "Gate", "Trainer"):
        assert part in flow, f"the picture has no {part}: {flow}"
    for chart in ("groups", "trained", "slots", "rate", "reward", "length", "staleness", "waiting", "finished-reward"):
        wait(
            driver,
            f"chart {chart} has a line",
            lambda chart=chart: driver.execute_script(
                "return [...document.querySelectorAll(arguments[0])].some(l => (l.getAttribute('d') ?? '').length > 12)",
                f"#chart-{chart} > svg .l",
            ),
        )
    trained = text(driver, "#facts dd")
    wait(driver, "events bring new figures", lambda: text(driver, "#facts dd") != trained)
    driver.find_element(By.CSS_SELECTOR, "[data-tier='1']").click()
    time.sleep(1)
    driver.find_element(By.CSS_SELECTOR, "[data-tier='0']").click()
    wait(driver, "the evaluation is reported", lambda: "pass@" in text(driver, "#evaluations-rows"))


def keyboard(driver):
    body = driver.find_element(By.TAG_NAME, "body")
    body.send_keys("6")
    assert driver.switch_to.active_element.get_attribute("id") == "steps", "6 goes to the steps"
    # From the section's head to its first button, and into the batch, by the keyboard alone.
    step = driver.find_element(By.XPATH, "//tbody[@id='steps-rows']//tr[.//span[text()='trained']]//button")
    driver.execute_script("arguments[0].focus()", step)
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    wait(driver, "the batch is listed", lambda: driver.find_elements(By.CSS_SELECTOR, "#step-body .members button"))
    wait(driver, "focus is in the batch", lambda: "Group" in (driver.switch_to.active_element.accessible_name or ""))
    view(driver, "step")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    wait(driver, "tokens are there", lambda: driver.find_elements(By.CSS_SELECTOR, "#tokens .tok"))
    prompt = text(driver, "#prompt-text")
    assert "<script>document.title='taken'</script>" in prompt, f"the prompt is text: {prompt}"
    assert "\u241b" in prompt and "U+202E" in prompt and "\x1b" not in prompt, f"control characters by name: {prompt!r}"
    assert driver.title.endswith("Millrace"), f"the title is {driver.title}"
    assert not driver.find_elements(By.CSS_SELECTOR, "#prompt-text script, #prompt-text img"), "no markup of a prompt"
    first = text(driver, "#response-text")
    assert first, "there is a response"
    driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    wait(driver, "the next sample", lambda: text(driver, "#group-body [aria-pressed='true'][data-position]")[:1] == "2")
    wait(driver, "its tokens are there", lambda: driver.find_elements(By.CSS_SELECTOR, "#tokens .tok"))
    view(driver, "group-by-version")
    driver.find_element(By.XPATH, "//button[text()='by log-probability']").click()
    wait(driver, "colours", lambda: driver.find_elements(By.CSS_SELECTOR, "#tokens .tok.p0"))
    view(driver, "group-by-log-probability")
    axe(driver, "a group")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait(driver, "both are closed", lambda: not driver.find_elements(By.CSS_SELECTOR, "dialog[open]"))
    body.send_keys("?")
    wait(driver, "the keys are listed", lambda: driver.find_elements(By.CSS_SELECTOR, "#keys-dialog[open]"))
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    chart = driver.find_element(By.CSS_SELECTOR, "#chart-reward > svg")
    driver.execute_script("arguments[0].focus()", chart)
    chart.send_keys(Keys.HOME)
    assert text(driver, "#chart-reward .readout").startswith("step 0"), text(driver, "#chart-reward .readout")
    background = "return getComputedStyle(document.body).backgroundColor"
    light = driver.execute_script(background)
    body.send_keys("t")
    body.send_keys("t")
    assert text(driver, "#theme") == "Theme: dark" and driver.execute_script(background) != light, "t changes the theme"
    body.send_keys("t")


def visit(name, width, height, theme, more):
    driver = browser(width, height, theme)
    try:
        driver.get(URL)
        wait(driver, "live", lambda: text(driver, "#live") == "live")
        wait(driver, "a chart is drawn", lambda: driver.find_elements(By.CSS_SELECTOR, "#chart-reward > svg .l"))
        more(driver)
        fits(driver, name)
        shoot(driver, name, width)
        if width > 500:
            shoot(driver, name + "-top", width, 760)
        axe(driver, name)
        nothing_wrong(driver, name)
        print(f"{name}: good")
    finally:
        driver.quit()


def listening():
    for _ in range(600):
        try:
            with urllib.request.urlopen(URL + "page/state", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the demo's trainer consumer does not answer")


def read_by_phone(driver):
    driver.find_element(By.TAG_NAME, "body").send_keys("g")
    wait(driver, "tokens are there", lambda: driver.find_elements(By.CSS_SELECTOR, "#tokens .tok"))
    fits(driver, "a group on a phone")
    view(driver, "phone-group")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)


def wide(driver):
    click_through(driver)
    keyboard(driver)


listening()
visit("wide-light", 1360, 900, "light", wide)
visit("wide-dark", 1360, 900, "dark", lambda driver: None)
visit("phone-light", 360, 780, "light", read_by_phone)
visit("phone-dark", 360, 780, "dark", lambda driver: None)

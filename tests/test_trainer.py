"""The trainer: its files, and networks that learn in a page."""

import re
import subprocess
from base64 import b64decode

import numpy as np
import pytest
from traitlets import TraitError

from course_utils.density import ImageDensity
from course_utils.widgets.painter import grey_of
from course_utils.widgets.trainer import FAMILIES, Trainer
from tests.bare import show, tell
from tests.waiting import pixels, rgba, until

NUMBERS = r"([\d,]+) steps.*?SW ([\d.]+),\s+coverage ([\d.]+)\s+loss (-?[\d.]+)"


def made(name="bat", families=FAMILIES):
    return Trainer(ImageDensity.from_file(name), families)


# ---- without a browser


def test_what_its_worker_runs_is_one_module_that_asks_for_nothing(tmp_path):
    """As a module it would not take two functions of one name, as the Worker does."""
    module = tmp_path / "engine.mjs"
    module.write_text(made().engine, "utf-8")
    subprocess.run(["node", "--check", module], check=True)
    for word in ("http", "fetch(", "import ", "export "):
        assert word not in made().engine


def test_it_opens_with_a_picture_and_families():
    trainer = made("two_discs", ["vae", "gan"])
    assert trainer.families == ["vae", "gan"]
    expected = grey_of(ImageDensity.from_file("two_discs", size=128))
    assert np.array_equal(np.frombuffer(trainer.pixels, np.uint8).reshape(128, 128), expected)
    with pytest.raises(TraitError):
        made(families=["flow"])


# ---- in a page


@pytest.fixture(scope="module")
def trainer():
    return made("bat", ["matching", "drifting"])


@pytest.fixture(scope="module")
def page(browser, trainer):
    page = show(browser, trainer, width=900)
    yield page
    page.close()


def blue(page):
    """How many pixels of each panel are as blue as the lines of its field."""
    panels = page.locator(".course-trainer .panel canvas").all()
    pictures = [rgba(panel).astype(int) for panel in panels]
    return [np.sum(picture[..., 2] - picture[..., 0] > 100) for picture in pictures]


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def numbers(page):
    """Steps, SW, coverage and loss of each panel that has them."""
    text = page.locator(".course-trainer .panels").inner_text().replace("−", "-")
    found = re.findall(NUMBERS, text, re.DOTALL)
    return [[float(v.replace(",", "")) for v in row] for row in found]


def steps(page):
    return [row[0] for row in numbers(page)]


def test_it_learns_pauses_and_goes_back(page):
    press(page, "Step")
    until(page, lambda: steps(page) == [1, 1])
    assert min(blue(page)) > 100  # the arrows
    first = numbers(page)
    dots = pixels(page, ".course-trainer .panel canvas")
    press(page, "Learn")
    until(page, lambda: min(steps(page)) > 150)
    assert "a second" in page.locator(".course-trainer .panels").inner_text()
    press(page, "Pause")
    page.wait_for_timeout(1000)
    last = numbers(page)
    for (_, SW, covered, _), (_, SW_now, covered_now, _) in zip(first, last, strict=True):
        assert SW_now < 0.7 * SW and covered_now > covered
    page.wait_for_timeout(500)
    assert numbers(page) == last  # it pauses
    assert pixels(page, ".course-trainer .panel canvas") != dots
    slider = page.get_by_label("moment", exact=True)
    press(page, "Learn")
    slider.focus()
    page.keyboard.press("Home")  # back to the start, which pauses as well
    until(page, lambda: steps(page) in ([0, 0], []))
    page.wait_for_timeout(1000)
    assert page.get_by_role("button", name="Learn", exact=True).is_visible()


def test_another_choice_begins_anew(page, trainer):
    page.get_by_label("picture", exact=True).select_option("ring")
    heard = page.evaluate("base64(new Uint8Array(model.saved.pixels.buffer))")
    assert b64decode(heard) == grey_of(ImageDensity.from_file("ring", size=128)).tobytes()
    assert numbers(page) == []
    tell(page, trainer, families=["gan"], width=16, seed=3)
    press(page, "Step")
    until(page, lambda: steps(page) == [1])
    before = numbers(page)
    assert page.locator(".course-trainer .panel").all_inner_texts()[0].startswith("GAN")
    press(page, "Start again")
    press(page, "Step")
    until(page, lambda: numbers(page) == before)  # the same seed
    tell(page, trainer, seed=4)
    press(page, "Step")
    until(page, lambda: steps(page) == [1])
    assert numbers(page) != before


def test_on_black_nothing_can_learn(page):
    press(page, "Clear")
    assert page.locator(".course-trainer .hint").inner_text().startswith("Draw or pick a picture")
    learn = page.get_by_role("button", name="Learn", exact=True)
    assert learn.get_attribute("aria-disabled") == "true"
    learn.click(force=True)
    assert learn.inner_text() == "Learn"
    page.locator(".course-trainer .paper").focus()
    for key in (" ", "ArrowRight", "ArrowUp", " "):
        page.keyboard.press(key)
    assert learn.get_attribute("aria-disabled") == "false"
    assert page.get_by_label("picture", exact=True).input_value() == ""  # an own drawing


def test_a_loss_is_shown_as_what_computes_it(page):
    page.get_by_label("show the loss of").select_option("drifting")
    shown = page.locator(".course-trainer .loss pre").inner_text()
    assert shown.startswith("function driftingLoss(") and shown in made().engine


def test_it_rests_out_of_sight(page):
    press(page, "Learn")
    until(page, lambda: numbers(page) != [])
    page.locator(".course-trainer").evaluate("root => { root.style.display = 'none'; }")
    button = page.locator(".course-trainer button").first
    until(page, lambda: button.text_content() == "Learn")
    page.locator(".course-trainer").evaluate("root => { root.style.display = ''; }")


def test_without_a_worker_it_says_so(browser):
    page = show(browser, made("bat", ["gan"]))
    page.evaluate("window.Worker = undefined")
    press(page, "Learn")
    assert "no Worker" in page.locator(".course-trainer .hint").inner_text()
    page.close()

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from ipywidgets.widgets.widget import _instances
from PIL import Image

from course_utils.density import ImageDensity
from course_utils.watching import Recording, duel, field

DISCS = ImageDensity.from_file("two_discs")


@pytest.fixture(autouse=True)
def shell():
    InteractiveShell.instance()


def right(x):
    """A discriminator that likes what lies to the right, and a little what lies up."""
    return (20 * (x[..., :1] - 0.5)) + (x[..., 1:] - 0.5)


def test_the_field_has_row_0_at_the_bottom_and_x_to_the_right():
    seen = field(right, 8)
    assert seen.shape == (8, 8)
    assert (np.diff(seen, axis=1) > 0).all() and (np.diff(seen, axis=0) > 0).all()
    centre = torch.tensor([[[0.8125, 0.0625]]])
    assert seen[0, 6] == pytest.approx(torch.sigmoid(right(centre)).item(), rel=1e-5)


@pytest.fixture
def recording():
    rng = np.random.default_rng(0)
    recording = Recording(DISCS, lambda shift: DISCS.sample(1000, rng) + shift, rng, every=10)
    for step in range(1, 31):
        recording(step, np.float32(0.03 * (30 - step)), right, 1.5, 0.5)
    return recording


def test_a_recording_keeps_the_first_and_every_tenth_step(recording):
    seen = recording.history
    assert seen["step"].tolist() == [1, 10, 20, 30]
    assert seen["x_hat"].shape == (4, 1000, 2) and seen["field"].shape == (4, 40, 40)
    assert seen["loss of D"].tolist() == 4 * [1.5] and seen["loss of G"].tolist() == 4 * [0.5]
    assert (np.diff(seen["SW"]) < 0).all() and seen["precision"][-1] > 0.97


def test_a_recording_can_be_played_drawn_and_saved(recording, tmp_path):
    player = recording.player("Points that come nearer to two discs, over a field.")
    assert player.shape == [4, 800] and player.names == ["SW", "coverage", "loss of D"]
    with capture_output() as captured:
        low = recording.curves("Curves that fall to their floors over thirty steps.")
    assert captured.outputs[0].data["image/png"] and low["SW"] < 15
    recording.save(tmp_path / "run.gif")
    with Image.open(tmp_path / "run.gif") as movie:
        assert movie.n_frames == 2


def test_the_buttons_of_a_duel_train_one_player_each():
    moves = []
    z = torch.rand(1, 20, 2)
    with capture_output() as captured:
        duel(lambda z: z, right, z, lambda: moves.append("D"), lambda: moves.append("G"))
    out = captured.outputs[0]
    assert out.data["image/png"] and "arrows" in out.metadata["image/png"]["alt"]
    assert set(moves) == {"D"}  # it opens with a D that has learnt a little
    model = out.data["application/vnd.jupyter.widget-view+json"]["model_id"]
    row, *_ = _instances[model].children
    names = [button.description for button in row.children]
    assert names == ["D: 10 steps", "G: 10 steps", "both: 50 rounds"]
    for button, counts in zip(row.children, [(10, 0), (0, 10), (150, 50)], strict=True):
        moves.clear()
        button.click()
        assert (moves.count("D"), moves.count("G")) == counts

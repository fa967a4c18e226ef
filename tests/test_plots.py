import base64
import io

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from ipywidgets.widgets.widget import _instances
from PIL import Image
from plotly.subplots import make_subplots

from course_utils import plots, spatial
from course_utils.density import ImageDensity

ALT = "A curve that goes up from left to right."


@pytest.fixture(autouse=True)
def shell():
    InteractiveShell.instance()
    plots.plt.close("all")


def labelled():
    fig, ax = plots.plt.subplots(figsize=(4, 2))
    ax.plot([0, 1])
    ax.set(xlabel="x", ylabel="y")
    return fig


def test_show_displays_a_picture_with_its_alt_text_and_closes_the_figure():
    with capture_output() as captured:
        plots.show(labelled(), ALT)
    out, spoken = captured.outputs
    assert out.data["image/png"] and out.metadata["image/png"]["alt"] == ALT
    assert ALT in spoken.data["text/html"]
    assert not plots.plt.get_fignums()


@pytest.mark.parametrize("draw", [plots.show, lambda fig, alt: plots.live(fig, lambda: 0, alt)])
def test_a_figure_needs_alt_text_and_labels(draw):
    with pytest.raises(ValueError, match="alt text"):
        draw(labelled(), "a plot")
    fig, axes = plots.plt.subplots(1, 2)
    axes[0].set_title("bare")
    with pytest.raises(ValueError, match="'bare' lack a label"):
        draw(fig, ALT)
    for ax in axes:
        ax.set_axis_off()
    with capture_output():
        plots.show(fig, ALT)


def test_live_redraws_on_a_moved_slider_and_stores_the_first_picture():
    fig = labelled()
    line = fig.axes[0].lines[0]
    with capture_output() as captured:
        plots.live(fig, lambda a: line.set_ydata([0, a]), ALT, a=(0.0, 1.0, 0.1, 0.5))
    out, spoken = captured.outputs
    assert out.data["image/png"] and out.metadata["image/png"]["alt"] == ALT
    assert ALT in spoken.data["text/html"]
    model = out.data["application/vnd.jupyter.widget-view+json"]["model_id"]
    slider, image, *_ = _instances[model].children
    assert line.get_ydata()[1] == 0.5
    first = image.value
    slider.value = 0.9
    assert line.get_ydata()[1] == 0.9 and image.value != first


def test_live_buttons_act_then_redraw():
    fig, pressed = labelled(), []
    line = fig.axes[0].lines[0]
    with capture_output() as captured:
        buttons = {"one step": lambda: pressed.append(1), "two steps": lambda: pressed.extend("ab")}
        plots.live(fig, lambda: line.set_ydata([0, len(pressed)]), ALT, **buttons)
    model = captured.outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    row, image, *_ = _instances[model].children
    assert [button.description for button in row.children] == [*buttons]
    first = image.value
    for button in row.children:
        button.click()
    assert len(pressed) == 3 == line.get_ydata()[1] and image.value != first


def test_a_broken_redraw_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        plots.live(labelled(), lambda a: 1 / a, ALT, a=(0.0, 1.0, 0.1, 0.0))


def test_planes_show_the_unit_square_with_equal_aspect():
    fig, axes = plots.planes(3, rows=2)
    assert len(axes) == 6
    for ax in axes:
        assert ax.get_xlim() == ax.get_ylim() == (0, 1) and ax.get_aspect() == 1
    plots.plt.close(fig)


def test_a_density_is_drawn_with_row_0_at_the_bottom():
    fig, (ax,) = plots.planes(1)
    plots.density(ax, ImageDensity.from_array([[0, 0], [1, 0]]).pdf)
    fig.canvas.draw()
    pixels = np.asarray(fig.canvas.buffer_rgba())[..., 0]
    x, y = ax.transData.transform((0.25, 0.25)).astype(int)
    assert pixels[len(pixels) - y, x] == 255  # white is at the lower left
    plots.plt.close(fig)


def test_table():
    with capture_output() as captured:
        plots.table({"name": ["a", "b"], "value": [1, 2]}, "Two rows")
    text = captured.outputs[0].data["text/markdown"]
    assert text == "**Two rows**\n\n| name | value |\n| --- | --- |\n| a | 1 |\n| b | 2 |"


def test_clouds_show_each_set_and_the_densities_above():
    rng, pdf = np.random.default_rng(0), ImageDensity.from_file("bat").pdf
    sets = [(f"set {k}", rng.random((50, 2))) for k in range(3)]
    with capture_output() as captured:
        plots.clouds(sets, ALT, columns=2, above=[pdf, pdf])
    assert captured.outputs[0].metadata["image/png"]["alt"] == ALT


def test_strips_have_a_row_of_dots_and_a_bar_at_the_median():
    fig, ax = plots.plt.subplots()
    plots.strips(ax, {"a": [1, 2, 9], "b": [4, 4, 4]}, "distance", 0.5)
    dots, bar = ax.lines[0], ax.lines[1]
    assert dots.get_xdata().tolist() == [1, 2, 9] and bar.get_xdata() == [2]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted() and ax.lines[-1].get_xdata() == [0.5, 0.5]
    plots.plt.close(fig)


def test_curves_draw_their_level_in_their_colour():
    fig, ax = plots.plt.subplots()
    plots.curves(ax, [1, 2], {"a": [3, 4], "b": [5, 6]}, ("step", "loss"), {"b": 5.5})
    a, b, level = ax.lines
    assert level.get_color() == b.get_color() != a.get_color() and ax.get_xlabel() == "step"
    plots.plt.close(fig)


def test_scores_show_medians_floor_and_worst():
    def row(sw, **more):
        names = ("precision", "coverage", "TV")
        return {"SW": sw, **dict.fromkeys(names, 0.5), "bridge": np.nan, **more}

    groups = {"one": [row(1.0), row(5.0), row(2.0)], "two": [row(3.0)]}
    with capture_output() as captured:
        medians = plots.scores(groups, "Caption", row(0.1))
    text = captured.outputs[0].data["text/markdown"]
    assert medians["one"]["SW"] == 2 and "| one | 2.0 | 0.500 | 0.50 | 0.500 | 5.0 |" in text
    assert "| floor (real points) | 0.1 |" in text and "bridge" not in text and "nan" not in text
    with capture_output() as captured:
        plots.scores({"one": [row(1.0, own=0.25)]}, "Caption")
    assert "| 0.250 |" in captured.outputs[0].data["text/markdown"]


def keep_shown(monkeypatch):
    """The figures that are shown from now on."""
    kept = []
    monkeypatch.setattr(plots, "show", lambda fig, alt: kept.append(fig))
    return kept


def test_filters_are_scaled_to_length_1_and_turned_like_the_first(monkeypatch):
    shown, w = keep_shown(monkeypatch), np.array([[[3.0, 4.0]], [[-3.0, -4.0]], [[4.0, 3.0]]])
    plots.filters({"a": w, "b": -2 * w}, ALT)
    above, below = shown[0].axes
    assert [line.get_ydata().tolist() for line in above.lines] == [
        [0.6, 0.8],
        [0.6, 0.8],
        [0.8, 0.6],
    ]
    assert below.lines[0].get_ydata().tolist() == [-0.6, -0.8] and below.get_ylabel() == "b"
    plots.plt.close(shown[0])


def test_pictures_stand_upright_in_their_places(monkeypatch):
    shown, grid = keep_shown(monkeypatch), np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    plots.pictures(grid, ALT)
    axes = shown[0].axes
    assert len(axes) == 6 and (axes[4].images[0].get_array() == grid[1, 1]).all()
    assert axes[0].images[0].origin == "upper"
    plots.plt.close(shown[0])


def in_space(**trace):
    place = {"x": [0, 1, 2], "y": [0, 1, 0], "z": [0, 0, 1], "mode": "markers", **trace}
    return go.Figure(go.Scatter3d(**place), layout={"width": 400, "height": 300})


def test_a_figure_in_space_has_a_picture_of_its_size_beside_it(monkeypatch):
    monkeypatch.setattr(pio.renderers, "default", "plotly_mimetype")  # as in a kernel
    with capture_output() as captured:
        plots.space(in_space(), ALT)
    out, spoken = captured.outputs
    assert "application/vnd.plotly.v1+json" in out.data and ALT in spoken.data["text/html"]
    assert out.metadata["image/png"]["alt"] == ALT
    picture = Image.open(io.BytesIO(base64.b64decode(out.data["image/png"])))
    assert picture.size == (400, 300) and not plots.plt.get_fignums()


def test_the_picture_of_a_figure_in_space_is_seen_from_its_camera():
    fig = in_space(marker={"color": ["rgb(255,0,0)", "#00ff00", "rgba(0,0,255,0.5)"], "size": 8})
    fig.update_scenes(camera_eye={"x": 0, "y": -2, "z": 2}, zaxis_title="height")
    (ax,) = spatial.drawn(fig).axes
    ax.figure.canvas.draw()
    assert ax.azim == -90 and ax.elev == pytest.approx(45) and ax.get_zlabel() == "height"
    (cloud,) = ax.collections
    colours = sorted(cloud.get_facecolors().tolist())  # else from the farthest to the nearest
    assert colours == [[0, 0, 1, 0.5], [0, 1, 0, 1], [1, 0, 0, 1]]
    assert cloud.get_sizes() == [36] and ax.get_xlabel() == "x"


def test_texts_and_a_plane_beside_a_space_are_drawn_where_they_are():
    fig = make_subplots(1, 2, subplot_titles=["", "right"], specs=[[{}, {"type": "scene"}]])
    fig.add_scatter(x=[0, 1], y=[0, 2], mode="markers", row=1, col=1)
    fig.add_scatter3d(x=[1], y=[2], z=[3], mode="text", text="7", row=1, col=2)
    fig.update_layout(width=800, height=300)
    drawing = spatial.drawn(fig)
    left, right = drawing.axes
    assert left.get_position().x1 < 0.5 < right.get_position().x0 + 0.01
    assert left.collections[0].get_offsets().tolist() == [[0, 0], [1, 2]]
    assert [text.get_text() for text in right.texts] == ["7"]
    assert [text.get_text() for text in drawing.texts] == ["right"]


@pytest.mark.parametrize(
    "fig, words",
    [
        (in_space(mode="lines"), "not scatter3d with the mode 'lines'"),
        (go.Figure(go.Surface(), {"width": 90, "height": 90}), "not surface with the mode None"),
        (go.Figure(go.Scatter3d(mode="markers")), "needs a width and a height"),
    ],
)
def test_what_a_picture_in_space_cannot_show_is_refused(fig, words):
    with pytest.raises(ValueError, match=words):
        plots.space(fig, ALT)
    assert not plots.plt.get_fignums()

"""A widget in a page of its own, without Jupyter: its module, and a model that holds values."""

from traitlets import Bytes

SHOW = """async ([source, state, bytes]) => {
    for (const name of bytes) state[name] = new DataView(new Uint8Array(state[name]).buffer);
    const code = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));
    const followers = {}, saved = {...state};
    window.model = {
        saved, // what Python has heard of
        get: name => state[name],
        set: (name, value) => {
            state[name] = value;
            for (const follow of [...(followers[`change:${name}`] ?? [])]) follow();
        },
        save_changes: () => Object.assign(saved, state),
        on: (event, follow) => (followers[event] ??= new Set()).add(follow),
        off: (event, follow) => followers[event]?.delete(follow),
    };
    code.default.render({ model: window.model, el: document.querySelector('main') });
}"""
PAGE = """<style>
    body { margin: 0; background: %s; --jp-content-font-color1: %s; --jp-content-font-color2: %s; }
</style><main></main>"""
COLOURS = {False: ("white", "rgba(0, 0, 0, 0.87)", "#616161"), True: ("#111", "white", "#bdbdbd")}


def show(browser, widget, width=800, dark=False, clock=False, **options):
    """The page, `width` pixels wide, with the colours of one of JupyterLab's themes.

    `window.model` is the model, and `model.saved` what Python has heard of. With `clock` the time
    of the page stands still, and goes on by `page.clock.run_for(milliseconds)` alone. The options
    go to the browser's page, as `device_scale_factor`.
    """
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    page.set_default_timeout(120_000)
    page.set_content(PAGE % COLOURS[dark])
    if clock:
        page.clock.install(time=0)
        page.clock.pause_at(1000)
    traits = {name: trait for name, trait in widget.traits(sync=True).items() if name[0] != "_"}
    for name in ("layout", "tabbable", "tooltip"):  # of every ipywidget
        traits.pop(name)
    state = {name: getattr(widget, name) for name in traits}
    as_bytes = [name for name, trait in traits.items() if isinstance(trait, Bytes)]
    state.update({name: [*state[name]] for name in as_bytes})
    page.evaluate(SHOW, [widget._esm, state, as_bytes])
    return page


def trait(page, name: str, of="saved"):
    """A trait as Python has heard of it, or of "get" as the widget has it."""
    return page.evaluate(
        "([name, of]) => of === 'get' ? model.get(name) : model.saved[name]", [name, of]
    )

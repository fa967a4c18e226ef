"""A widget in a page of its own, without Jupyter: its module, and a model that only holds values."""

from traitlets import Bytes

SHOW = """async ([source, state, bytes]) => {
    for (const name of bytes) state[name] = new DataView(new Uint8Array(state[name]).buffer);
    const code = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));
    const follow = {}, listeners = name => follow[`change:${name}`] ??= new Set();
    window.model = {
        get: name => state[name],
        set: (name, value) => { state[name] = value; for (const call of [...listeners(name)]) call(); },
        save_changes: () => {},
        on: (event, call) => (follow[event] ??= new Set()).add(call),
        off: (event, call) => follow[event]?.delete(call),
    };
    code.default.render({ model: window.model, el: document.querySelector('main') });
}"""
PAGE = """<style>
    body { margin: 0; background: %s; --jp-content-font-color1: %s; --jp-content-font-color2: %s; }
</style><main></main>"""
COLOURS = {False: ("white", "rgba(0, 0, 0, 0.87)", "#616161"), True: ("#111", "white", "#bdbdbd")}


def show(browser, widget, width: int, dark=False, **options):
    """The page, `width` pixels wide, with the colours of one of JupyterLab's themes.

    `window.model` holds the widget's traits; what the widget sets can be read there. The options go
    to the browser's page: `device_scale_factor`, `reduced_motion` and so on.
    """
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    page.set_default_timeout(120_000)
    page.set_content(PAGE % COLOURS[dark])
    traits = widget.traits(sync=True)
    state = {name: getattr(widget, name) for name in traits if not name.startswith("_")}
    state.pop("layout", None), state.pop("tabbable", None), state.pop("tooltip", None)
    as_bytes = [name for name in state if isinstance(traits[name], Bytes)]
    state.update({name: [*state[name]] for name in as_bytes})
    page.evaluate(SHOW, [widget._esm, state, as_bytes])
    return page

"""Widgets in a page of their own, without Jupyter: their modules, and models that hold values."""

from tests.javascript import in_json

SHOW = """async widgets => {
    window.base64 = bytes => {
        let text = '';
        for (let k = 0; k < bytes.length; k += 30000)
            text += String.fromCharCode(...bytes.subarray(k, k + 30000));
        return btoa(text);
    };
    const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const revive = (_, value) =>
        value?.base64 === undefined ? value : new DataView(bytes(value.base64).buffer);
    window.models = {};
    window.render = async (name, source) => {
        const place = document.body.appendChild(document.createElement('main'));
        place.id = name;
        const url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
        const code = await import(url);
        return code.default.render({ model: models[name], el: place, signal: leave.signal });
    };
    window.leave = new AbortController();
    for (const [name, source, json] of widgets) {
        const state = JSON.parse(json, revive), followers = {}, saved = {...state};
        window.model = models[name] = {
            saved, // what Python has heard of
            followers,
            get: name => state[name],
            set: (name, value) => {
                state[name] = value;
                for (const follow of [...(followers[`change:${name}`] ?? [])]) follow();
            },
            save_changes: () => Object.assign(saved, state),
            on: (event, follow) => (followers[event] ??= new Set()).add(follow),
            off: (event, follow) => followers[event]?.delete(follow),
        };
        await render(name, source);
    }
}"""
PAGE = """<style>
    body { margin: 0; background: %s; --jp-content-font-color1: %s; --jp-content-font-color2: %s; }
</style>"""
COLOURS = {False: ("white", "rgba(0, 0, 0, 0.87)", "#616161"), True: ("#111", "white", "#bdbdbd")}


def show(browser, widget, width=800, dark=False, clock=False, **options):
    """The page, `width` pixels wide, with the colours of one of JupyterLab's themes.

    The widget is one, or a dictionary of several, one below the other, each in an element whose id
    is its name. `window.models` are the models by these names, `window.model` is the last, and
    `model.saved` what Python has heard of. With `clock` the time of the page stands still, and goes
    on by `page.clock.run_for(milliseconds)` alone. The options go to the browser's page, as
    `device_scale_factor`.
    """
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    page.set_default_timeout(120_000)
    page.set_content(PAGE % COLOURS[dark])
    if clock:
        page.clock.install(time=0)
        page.clock.pause_at(1000)
    widgets = widget if isinstance(widget, dict) else {"widget": widget}
    page.evaluate(SHOW, [[name, one._esm, in_json(one)] for name, one in widgets.items()])
    return page


def hear(page, widget, *names):
    """Sets these traits of the Python widget to what Python would have heard from the page."""
    for name, value in page.evaluate("names => names.map(n => [n, model.saved[n]])", names):
        setattr(widget, name, value)


def tell(page, widget, **traits):
    """Sets traits in Python, and so in the page."""
    for name, value in traits.items():
        setattr(widget, name, value)
        page.evaluate(
            "([name, value]) => { model.set(name, value); model.save_changes(); }", [name, value]
        )

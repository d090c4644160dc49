"""Text that would be markup, a script or an address of one, and the look whether any of it became one."""

from __future__ import annotations

from playwright.sync_api import Page

RUN = "window.__ran=1"
PAYLOADS = (
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<script>{RUN}</script>",
    f'"><img src=x onerror={RUN}>',
    f"'><svg onload={RUN}>",
    f"<iframe srcdoc='<img src=x onerror=parent.{RUN}>'>",
    f"<a href=javascript:{RUN}>cell</a>",
    f"javascript:{RUN}",
    f"<b onmouseover={RUN}>cell</b>",
    "{{7*7}}<style>body{display:none}</style>",
    # Out of where text of a page may stand: a title, a script, a comment, an attribute
    f"</title><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"--><img src=x onerror={RUN}>",
    f"</textarea></style><svg onload={RUN}>",
    f"' onmouseover={RUN} autofocus onfocus={RUN} x='",
    # What runs without a click
    f"<details open ontoggle={RUN}>cell</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<object data=javascript:{RUN}></object><embed src=javascript:{RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    "<base href=//elsewhere.example/><link rel=stylesheet href=//elsewhere.example/x.css>",
    # Addresses in disguise, as charts with links in their text would take them
    f"<a href='jav&#x09;ascript:{RUN}' target=_top>cell</a>",
    f"<a href='&#106;avascript:{RUN}'>cell</a>",
    f"<A HREF='JaVaScRiPt:{RUN}'>cell</A>",
    f"[cell](javascript:{RUN})",
    f"data:text/html,<script>opener.{RUN}</script>",
    # Already escaped once, or meant for a template
    f"&lt;img src=x onerror={RUN}&gt;",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"${{{RUN}}} {{{{constructor.constructor('{RUN}')()}}}} %3Cscript%3E{RUN}%3C/script%3E",
)

BECAME_SOMETHING = """() => [...document.querySelectorAll('*')].filter(element => {
    const handlers = [...element.attributes].some(({name}) => name.startsWith('on') || name === 'srcdoc')
    const addresses = ['href', 'src', 'data', 'action', 'formaction', 'xlink:href']
        .map(name => (element.getAttribute(name) || '').replace(/[\\u0000-\\u0020]/g, '').toLowerCase())
    const leads = addresses.some(to => to.startsWith('javascript:') || to.startsWith('data:text') || to.startsWith('//elsewhere'))
    const odd = element.matches("base, object, embed, iframe, video, math, meta[http-equiv=refresh], input[autofocus], img[src=x]")
    const inline = element.matches('script') && element.textContent.trim().startsWith('window.__ran')
    return handlers || leads || odd || inline
}).map(element => element.outerHTML.slice(0, 200))"""


def check(page: Page) -> None:
    """Nothing ran, and nothing became an element that could."""
    page.wait_for_timeout(500)  # what is injected may run a little later
    assert page.evaluate("window.__ran") is None
    became = page.evaluate(BECAME_SOMETHING)
    assert became == [], became
    assert page.locator("body").is_visible()

/* Definitions on hover, touch and keyboard focus: whatever carries data-tip is explained by the page's one bubble.
 *
 * One bubble and not a component at each word, because the page asks every component of it after every change: a tooltip component
 * is the dearest of all to ask, and a card has a dozen. */
(function () {
  "use strict";

  var DELAY = 250;
  var GAP = 6;
  var CLIPPED = ".panel-sub, .selection-statement:not([data-tip]) > *, .mantine-Select-input";
  var bubble = null;
  var owner = null;
  var waiting = null;

  function ownerOf(node) {
    return node instanceof Element ? node.closest("[data-tip]") : null;
  }

  function made() {
    if (!bubble) {
      bubble = document.createElement("div");
      bubble.id = "tooltip";
      bubble.className = "tooltip";
      bubble.setAttribute("role", "tooltip");
      bubble.hidden = true;
      document.body.appendChild(bubble);
    }
    return bubble;
  }

  function show() {
    if (!owner || !owner.isConnected) {
      return hide();
    }
    made().textContent = (owner.dataset.until ? "Until " + clock(owner.dataset.until) + ". " : "") + owner.dataset.tip;
    bubble.hidden = false;
    place(owner.getBoundingClientRect(), bubble.getBoundingClientRect());
    owner.setAttribute("aria-describedby", bubble.id);
  }

  /* Seconds since 1970, as the clock beside the reader shows them. */
  function clock(seconds) {
    var form = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
    return new Date(1000 * seconds).toLocaleString("en-GB", form);
  }

  /* Above what it explains, below where there is no room, never past the edge of the window. */
  function place(at, own) {
    var left = at.left + at.width / 2 - own.width / 2;
    var above = at.top - own.height - GAP;
    bubble.style.left = Math.max(GAP, Math.min(left, window.innerWidth - own.width - GAP)) + "px";
    bubble.style.top = (above < GAP ? at.bottom + GAP : above) + "px";
  }

  function hide() {
    window.clearTimeout(waiting);
    if (owner) {
      owner.removeAttribute("aria-describedby");
    }
    if (bubble) {
      bubble.hidden = true;
    }
    owner = null;
  }

  /* A button that has done its work is explained no longer: the bubble would lie over what it changed. */
  function done(event) {
    if (owner && owner.tagName === "BUTTON" && owner.contains(event.target)) {
      hide();
    }
  }

  /* Words that a control or a line has no room for are told whole by the browser's own tooltip. */
  function tellWhole(event) {
    var node = event.target instanceof Element ? event.target.closest(CLIPPED) : null;
    if (node && (!node.title || node.title === node.dataset.whole)) {
      node.dataset.whole = node.scrollWidth > node.clientWidth ? node.value || node.textContent : "";
      node.title = node.dataset.whole;
    }
  }

  function follow(event) {
    var next = ownerOf(event.target);
    if (next === owner) {
      return;
    }
    hide();
    owner = next;
    if (owner) {
      waiting = window.setTimeout(show, DELAY);
    }
  }

  function leave(event) {
    if (owner && ownerOf(event.relatedTarget) !== owner) {
      hide();
    }
  }

  document.addEventListener("pointerover", follow);
  document.addEventListener("pointerover", tellWhole);
  document.addEventListener("focusin", follow);
  document.addEventListener("click", done);
  document.addEventListener("pointerout", leave);
  document.addEventListener("focusout", leave);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      hide();
    }
  });
})();

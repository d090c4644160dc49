/* Sets the colour scheme before the first paint, so that a dark page never flashes white. Mantine keeps the choice under the same key. */
(function () {
  "use strict";
  var stored = null;
  try {
    stored = window.localStorage.getItem("mantine-color-scheme-value");
  } catch (error) {
    stored = null; /* storage is off: follow the system */
  }
  var system = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  var scheme = stored === "dark" || stored === "light" ? stored : system;
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();

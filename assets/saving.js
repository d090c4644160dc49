/* Figures are saved here in the browser, as SVG or PNG; nothing is sent anywhere. */
(function () {
  "use strict";

  var PRINT_SCALE = 3; /* a panel of 420 pixels then has 300 dots an inch at 10 cm */
  var EDGE = 12; /* pixels around a saved picture, as a panel has them around its figure */

  /* What a saved picture lies on: without a ground the words of the dark page would stand on white paper. */
  function ground() {
    return window.getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
  }

  function saveFigure(drawn, format) {
    var shown = drawn._fullLayout;
    var margin = shown.margin;
    var edges = { l: margin.l + EDGE, r: margin.r + EDGE, t: margin.t + EDGE, b: margin.b + EDGE };
    var layout = Object.assign({}, drawn.layout, { paper_bgcolor: ground(), margin: Object.assign({}, margin, edges) });
    var figure = { data: drawn.data, layout: layout, config: drawn._context };
    window.Plotly.downloadImage(figure, {
      format: format,
      filename: drawn._context.toImageButtonOptions.filename,
      width: shown.width + 2 * EDGE,
      height: shown.height + 2 * EDGE,
      scale: format === "png" ? PRINT_SCALE : 1,
    });
  }

  function button(format) {
    var word = format.toUpperCase();
    return {
      name: "save-" + format,
      title: "Save as " + word,
      icon: { svg: '<svg xmlns="http://www.w3.org/2000/svg" class="icon is-word" viewBox="0 0 28 16"><text x="14" y="12.5">' + word + "</text></svg>" },
      click: function (drawn) {
        saveFigure(drawn, format);
      },
    };
  }

  /* Dash loads plotly with the first figure and hears of it after this; the buttons then belong to every figure. */
  document.addEventListener("load", function offer(event) {
    if (event.target.tagName === "SCRIPT" && window.Plotly) {
      window.Plotly.setPlotConfig({ modeBarButtonsToAdd: ["svg", "png"].map(button) });
      document.removeEventListener("load", offer, true);
    }
  }, true);

  function saveOntology() {
    var graph = document.getElementById("ontology")._cyreg.cy;
    var link = document.createElement("a");
    link.href = window.URL.createObjectURL(graph.png({ output: "blob", bg: ground(), full: true, scale: PRINT_SCALE }));
    link.download = "scquery-ontology.png";
    link.click();
    window.setTimeout(window.URL.revokeObjectURL, 1000, link.href);
  }

  document.addEventListener("click", function (event) {
    if (event.target instanceof Element && event.target.closest("[data-save-ontology]")) {
      saveOntology();
    }
  });
})();

/* The page's clientside callbacks: the address is read into stores and written from requests, without a round trip.
 * Plain controls (enlarge, zoom, Escape) need no callback and are handled by delegation at the end. */
(function () {
  "use strict";

  var KEYS = ["sel", "clusters", "space", "type", "threshold", "detail", "rows", "bundle", "tab", "gene", "vs", "list", "by", "group", "against", "replicates", "within", "zoom"];
  var MAX_VERTICES = 60;
  var MAX_SELECTION = 380;

  function nothing() {
    return window.dash_clientside.no_update;
  }

  function now() {
    return Date.now();
  }

  /* A request changes parts of the address: {sel: "type:CL:0000236"}; null takes a part away. Gives the new query. */
  function request(parts) {
    var before = window.location.search;
    var query = new URLSearchParams(before);
    Object.keys(parts).forEach(function (key) {
      var value = parts[key];
      if (value === null || value === "" || (key === "sel" && value === "all")) {
        query.delete(key);
        if (key === "sel") {
          query.delete("rows"); /* its rows alone: of no selection, and no surprise with the next one */
        }
      } else {
        query.set(key, value);
      }
    });
    var text = query.toString().replace(/%3A/g, ":").replace(/%2F/g, "/").replace(/%2C/g, ",").replace(/%3B/g, ";");
    var next = text ? "?" + text : "";
    return next === before ? nothing() : next;
  }

  /* The same for what is no control of a callback: whatever carries data-go, and the tabs. */
  function go(parts) {
    var next = request(parts);
    if (next !== nothing()) {
      window.dash_clientside.set_props("url", { search: next });
    }
    if (parts.type) {
      setNews("view-type", { data: parts.type }); /* what the address will say, a tenth of the way to the card sooner */
    }
  }

  function isHere(id) {
    return Boolean(document.getElementById(id));
  }

  function readAddress(search) {
    var query = new URLSearchParams(search || "");
    var known = Array.prototype.slice.call(arguments, 1);
    return KEYS.map(function (key, i) {
      var value = query.get(key);
      if (key === "sel" && !value) {
        value = "all";
      }
      if (key === "list" && !value && known[i] && known[i].length > MAX_LIST) {
        return nothing();
      }
      return value === known[i] ? nothing() : value;
    });
  }

  /* What a slider asked for and the address has not shown yet: by the time it does, the slider may be further on. */
  var asked = { clusters: [], detail: [] };

  function isEcho(key, value) {
    var place = asked[key].indexOf(String(value));
    asked[key].splice(0, place + 1);
    return place >= 0;
  }

  var shownType = null;
  var SKELETON = {
    namespace: "dash_html_components",
    type: "Div",
    props: { className: "skeleton", role: "status", "aria-label": "Loading" },
  };

  /* Sets only what differs: the page asks all its components after every change, also after one that changes nothing. */
  function setNews(id, props) {
    var layout = window.dash_component_api.getLayout(id);
    var differs = Object.keys(props).some(function (name) {
      return !layout || layout.props[name] !== props[name];
    });
    if (differs) {
      window.dash_clientside.set_props(id, props);
    }
  }

  /* Controls that the address moves too: set here, so that no circle of callbacks arises. */
  function syncControls(clusters, space, type, detail, selection) {
    var set = setNews;
    if (isHere("cluster-slider") && clusters && !isEcho("clusters", clusters)) {
      set("cluster-slider", { value: Number(clusters) });
    }
    if (isHere("space-switch")) {
      set("space-switch", { value: space || "embedding" });
    }
    var slider = isHere("detail-slider") ? window.dash_component_api.getLayout("detail-slider") : null;
    if (slider && !isEcho("detail", detail || "0")) {
      set("detail-slider", { value: slider.props.max - Math.min(Number(detail) || 0, slider.props.max) });
    }
    if (isHere("own-groups")) {
      set("own-groups", { value: isOwnGroup(selection) ? selection : null });
    }
    if (isHere("main") && document.querySelector(".results")) {
      if (type && type !== shownType) {
        set("type-card-body", { children: SKELETON }); /* never the card of the type before */
      }
      shownType = type;
      set("type-card", { opened: Boolean(type) });
    }
    return nothing();
  }

  function isOwnGroup(selection) {
    return (selection || "").indexOf("obs:") === 0;
  }

  /* A group of the user's own metadata; emptied, the choice is given up, but not one that was made elsewhere meanwhile. */
  function chooseGroup(value, selection) {
    if (value) {
      return value === selection ? nothing() : request({ sel: value });
    }
    return isOwnGroup(selection) ? request({ sel: null }) : nothing();
  }

  /* Who is compared. The store holds what the page shows, with what stands in for parts the address leaves out; a choice writes all of
   * it down. The group chosen twice changes places with the other. */
  function chooseCompared(by, group, against, replicates, shown) {
    if (!shown || !by || !group || !against || !replicates) {
      return nothing();
    }
    if (by !== shown.by) {
      return request({ by: by, group: null, against: null, replicates: null });
    }
    if (group !== shown.group && group === shown.against) {
      against = shown.group;
    } else if (against !== shown.against && against === shown.group) {
      group = shown.against === "*" ? null : shown.against;
    }
    if (group === shown.group && against === shown.against && replicates === shown.replicates) {
      return nothing();
    }
    return request({ by: by, group: group, against: against, replicates: replicates });
  }

  function chooseClusters(value, known) {
    if (!value || String(value) === String(known || "9")) {
      return nothing();
    }
    asked.clusters.push(String(value));
    return request({ clusters: String(value) });
  }

  function chooseSpace(value, known) {
    return !value || value === (known || "embedding") ? nothing() : request({ space: value === "embedding" ? null : value });
  }

  /* The slider's right end is the finest types, the address counts the steps away from them. A choice by type, cluster or
   * branch means nothing among other types and is given up. */
  function chooseDetail(value, max, known, selection) {
    var steps = max - value;
    if (value === null || value === undefined || steps === (Number(known) || 0)) {
      return nothing();
    }
    asked.detail.push(String(steps));
    var stays = /^(all|box:|lasso:|status:|obs:)/.test(selection || "all");
    var wanted = { detail: steps ? String(steps) : null };
    return request(stays ? wanted : Object.assign(wanted, { sel: null }));
  }

  function chooseThreshold(value, known, made) {
    if (value === null || value === undefined || Number(value) === Number(known === null || known === undefined ? made : known)) {
      return nothing();
    }
    return request({ threshold: Number(value) === Number(made) ? null : String(value) });
  }

  /* A click on the heatmap: a branch of the tree carries [node, cells], a row or the strip its cluster's number.
   * While the selected cells are shown alone, their clusters are numbered for themselves and choose nothing. */
  function chooseBranch(click, clusters, known, isOpened) {
    var point = click && click.points && click.points[0];
    var data = point ? customdataOf(point) : null;
    if (data === null || data === undefined || isOpened === "true") {
      return nothing();
    }
    var selection = typeof data === "object" ? "branch:" + data[0] : "cluster:" + data + "/" + (clusters || "9");
    return request({ sel: selection === known ? null : selection });
  }

  function toggleRows(clicks, known) {
    return clicks ? request({ rows: known === "selected" ? null : "selected" }) : nothing();
  }

  /* What the user zoomed a map to, and the tool in use: a figure that is drawn anew would lose both. A frame is of one map. */
  function keepTools(relayout, place) {
    var drawn = document.querySelector("#" + place + " .js-plotly-plot");
    if (!relayout || !drawn) {
      return [nothing(), nothing()];
    }
    var layout = drawn._fullLayout;
    var isZoom = Object.keys(relayout).some(function (key) {
      return /^[xy]axis/.test(key);
    });
    var isReset = Boolean(relayout["xaxis.autorange"]); /* back to what the server spans */
    var frame = isReset ? null : { of: layout.uirevision, x: layout.xaxis.range.slice(), y: layout.yaxis.range.slice() };
    return [
      isZoom ? frame : nothing(),
      "dragmode" in relayout ? relayout.dragmode : nothing(),
    ];
  }

  function toggleZoom(clicks, known) {
    return clicks ? request({ zoom: known === "cells" ? null : "cells" }) : nothing();
  }

  /* Dash looks customdata up before plotly has unpacked it: for points of a line it must be asked for again. */
  function customdataOf(point) {
    if (typeof point.customdata === "number") {
      return point.customdata;
    }
    var drawn = document.querySelector("#heatmap .js-plotly-plot");
    var trace = drawn && drawn._fullData && drawn._fullData[point.curveNumber];
    return trace && trace.customdata ? trace.customdata[point.pointNumber] : null;
  }

  /* Only ranges and vertices leave the browser, never the points. */
  function chooseOnMap(selected, figure, known) {
    if (!selected || !figure || !figure.layout.meta) {
      return nothing();
    }
    var where = figure.layout.meta.space;
    var selection = selected.range ? box(selected.range, where) : selected.lassoPoints ? lasso(selected.lassoPoints, where) : null;
    return selection && selection !== known ? request({ sel: selection }) : nothing();
  }

  function short(value) {
    return String(Number(Number(value).toPrecision(4)));
  }

  function box(range, where) {
    var x = range.x.slice().sort(ascending);
    var y = range.y.slice().sort(ascending);
    return "box:" + where + ":" + [x[0], x[1], y[0], y[1]].map(short).join(",");
  }

  function ascending(a, b) {
    return a - b;
  }

  function lasso(points, where) {
    for (var keep = MAX_VERTICES; keep >= 3; keep -= 5) {
      var step = Math.max(1, Math.ceil(points.x.length / keep));
      var vertices = [];
      for (var i = 0; i < points.x.length; i += step) {
        vertices.push(Number(points.x[i]).toPrecision(3) * 1 + "," + Number(points.y[i]).toPrecision(3) * 1);
      }
      var text = "lasso:" + where + ":" + vertices.join(";");
      if (text.length <= MAX_SELECTION && vertices.length >= 3) {
        return text;
      }
    }
    return null;
  }

  function chooseNode(tap) {
    var data = tap && tap.data;
    if (!data || !data.id) {
      return nothing();
    }
    used = null;
    var wanted = { sel: data.types ? "type:" + data.types : "under:" + data.id };
    if (data.id.indexOf("more:") !== 0) {
      wanted.type = data.id;
    }
    return request(wanted);
  }

  /* A choice draws its own panel anew: the control that was used is gone, and with it the place of whoever works by keyboard.
   * The control that stands there now gets the focus, or the panel; so it does when the card it opened is closed. */
  var used = null;
  function keepFocus(control, opensCard) {
    var place = control.parentElement.closest("[id]");
    used = place && { place: place.id, words: wordsOf(control), opensCard: opensCard };
    returnFocus(now() + PATIENCE);
  }

  function wordsOf(control) {
    return (control.querySelector(".share-name") || control).textContent;
  }

  function returnFocus(until) {
    var place = used && document.getElementById(used.place);
    if (place && [document.body, place].indexOf(document.activeElement) >= 0) {
      var alike = Array.prototype.filter.call(place.querySelectorAll("[data-go]"), function (control) {
        return wordsOf(control) === used.words;
      })[0];
      if (!alike) {
        place.tabIndex = -1;
      }
      (alike || place).focus({ preventScroll: true });
    }
    if (used && now() < until) {
      window.setTimeout(returnFocus, 100, until);
    }
  }

  function closeCard(opened, type) {
    if (opened === false && type && used && used.opensCard) {
      returnFocus(now() + PATIENCE);
    }
    return opened === false && type ? request({ type: null }) : nothing();
  }

  /* The gene of the card that was chosen last: a row of its table or a point of its volcano plot. */
  function chooseCardGene(rows, clicks) {
    var fired = window.dash_clientside.callback_context.triggered[0];
    var byClick = fired && fired.prop_id.indexOf("clickData") > 0;
    var click = byClick && clicks[0];
    var gene = click ? click.points[0].text : !byClick && rows && rows[0] ? rows[0].gene_symbol : null;
    return gene || nothing();
  }

  function chooseComparedGene(rows, click) {
    var gene = chooseCardGene(rows, [click]);
    if (gene === nothing()) {
      return gene;
    }
    window.scrollTo(0, 0);
    return request({ gene: gene, tab: "genes" });
  }

  function chooseWithin(value, shown) {
    return !value || !shown || value === shown ? nothing() : request({ within: value });
  }

  /* A pasted list goes into the address while that stays a usable link; a longer one stays in this page. */
  var MAX_LIST = 1500;
  function chooseList(clicks, text, known) {
    if (!clicks) {
      return nothing();
    }
    var names = (text || "").split(/[\s,;|"']+/).filter(Boolean).join(",");
    if (names.length <= MAX_LIST) {
      return names === known ? nothing() : request({ list: names });
    }
    window.dash_clientside.set_props("view-list", { data: names });
    return nothing();
  }

  function chooseContrast(value, known) {
    return !value || value === (known || "others") ? nothing() : request({ vs: value === "others" ? null : value });
  }

  function chooseGene(symbol, known) {
    return symbol && symbol !== known ? request({ gene: symbol }) : nothing();
  }

  function showValue(value) {
    return value === null || value === undefined ? nothing() : value > 1 ? String(value) : Number(value).toFixed(2);
  }

  /* Settings that only a new search follows, where they are not those of the answer in sight. */
  function tellPending(k, leftOut) {
    document.querySelectorAll("[data-leave-out]").forEach(function (button) {
      button.setAttribute("aria-pressed", String((leftOut || []).indexOf(button.dataset.leaveOut) >= 0));
    });
    var made = document.getElementById("search-again").dataset;
    var changed = [];
    if (String(k) !== made.k) {
      changed.push("k " + k);
    }
    if ((leftOut || []).slice().sort().join(",") !== made.leftOut) {
      changed.push("the other choice of studies");
    }
    var words = changed.join(" and ") + (changed.length > 1 ? " are" : " is") + " not searched yet.";
    return changed.length ? [words.replace(/^the/, "The"), "button is-filled"] : ["", "button is-default"];
  }

  /* A row of the table of studies fills the setting of the rail, which says what comes next; on narrow windows it is brought out. */
  function leaveOut(study) {
    var setting = window.dash_component_api.getLayout("setting-leave-out");
    var known = (setting && setting.props.value) || [];
    var without = known.filter(function (other) {
      return other !== study;
    });
    window.dash_clientside.set_props("setting-leave-out", { value: without.length < known.length ? without : known.concat(study) });
    var toggle = document.getElementById("rail-toggle");
    if (toggle.offsetParent !== null && !isRailOver()) {
      toggle.click();
    }
    document.getElementById("search-again").scrollIntoView({ block: "nearest" });
  }

  function openDrawer(clicks) {
    return clicks ? true : nothing();
  }

  function onlyNews(news, known) {
    return !news || JSON.stringify(news) === JSON.stringify(known) ? nothing() : news;
  }

  function toggleRail(clicks, navbar) {
    if (!clicks || !navbar) {
      return nothing();
    }
    var collapsed = Object.assign({}, navbar.collapsed, { mobile: !navbar.collapsed.mobile });
    return Object.assign({}, navbar, { collapsed: collapsed });
  }

  /* Size of a panel's drawing area, in steps, so that a small change draws nothing again. */
  function sizeOf(id) {
    var place = document.getElementById(id);
    var box = place && place.getBoundingClientRect();
    return box && box.width && box.height ? [step(box.width), step(box.height)] : null;
  }

  function step(length) {
    return Math.round(length / 20) * 20;
  }

  /* A panel that has no size yet is looked at again: without one nothing would be drawn in it until the window changes. */
  function measure(id) {
    var until = now() + 5000;
    return new Promise(function (resolve) {
      function look() {
        var size = sizeOf(id);
        if (size || now() > until) {
          resolve(size);
        } else {
          window.requestAnimationFrame(look);
        }
      }
      window.requestAnimationFrame(look);
    });
  }

  function explainNode(node, edge) {
    var fired = window.dash_clientside.callback_context.triggered[0];
    var data = fired && fired.prop_id.indexOf("Edge") > 0 ? edge : node;
    return (data && data.hint) || "matched types in green, paths in grey";
  }

  /* What the page is drawn in now; an observer below tells of a change. */
  function scheme() {
    return document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light";
  }

  /* Some machines draw no WebGL (remote desktops, old drivers): figures then come as SVG. Asked for as plotly does. */
  function hasWebgl() {
    try {
      var canvas = document.createElement("canvas");
      var context = canvas.getContext("webgl", { preserveDrawingBuffer: true, premultipliedAlpha: true, antialias: true });
      return Boolean(
        context && context.getExtension("ANGLE_instanced_arrays") && context.getExtension("OES_element_index_uint")
      );
    } catch (error) {
      return false;
    }
  }

  /* A finger on a figure that draws an outline could not scroll past it; nor where the figure fills the window. */
  var touch = window.matchMedia("(pointer: coarse), (max-width: 640px)");
  var isTold = false;
  function isTouch() {
    isTold = true;
    return touch.matches;
  }

  touch.addEventListener("change", function () {
    if (isTold) {
      window.dash_clientside.set_props("touch", { data: touch.matches });
    }
  });

  var UPLOAD_TITLES = {
    uploading: "Uploading",
    waiting: "Waiting for the network to go on with",
    interrupted: "The upload stopped. Choose the same file again to go on with",
    finishing: "Handing over",
    failed: "This file was not taken:",
  };

  /* The sheet that covers the page while a file travels, and says why when it does not. */
  function uploadSheet(state) {
    var name = state && UPLOAD_TITLES[state.state];
    if (!name) {
      return [true, "upload-sheet", ""];
    }
    var stopped = state.state === "failed" || state.state === "interrupted";
    var words = name + " " + (state.name || "");
    return [false, stopped ? "upload-sheet is-failed" : "upload-sheet", words];
  }

  function copyLink(clicks) {
    if (!clicks) {
      return nothing();
    }
    var text = window.location.href;
    if (window.navigator.clipboard && window.isSecureContext) {
      return window.navigator.clipboard.writeText(text).then(copied, notCopied);
    }
    return notCopied();
  }

  function copied() {
    window.setTimeout(function () {
      window.dash_clientside.set_props("copy-note", { children: "" });
    }, 2500);
    return "Copied, for this browser only";
  }

  function notCopied() {
    return "Copy it from the address bar";
  }

  function switchStylesheet(scheme, sheets) {
    return sheets && scheme ? sheets[scheme] || nothing() : nothing();
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    scquery: {
      readAddress: readAddress, syncControls: syncControls,
      chooseClusters: chooseClusters,
    chooseCompared: chooseCompared, chooseSpace: chooseSpace, chooseThreshold: chooseThreshold, chooseDetail: chooseDetail,
      chooseBranch: chooseBranch, toggleRows: toggleRows, toggleZoom: toggleZoom, keepTools: keepTools, chooseOnMap: chooseOnMap, chooseNode: chooseNode, chooseGroup: chooseGroup,
      chooseGene: chooseGene, chooseContrast: chooseContrast, chooseCardGene: chooseCardGene, chooseList: chooseList, chooseComparedGene: chooseComparedGene, chooseWithin: chooseWithin, closeCard: closeCard, showValue: showValue, tellPending: tellPending, openDrawer: openDrawer, onlyNews: onlyNews, toggleRail: toggleRail,
      measure: measure, scheme: scheme, hasWebgl: hasWebgl, isTouch: isTouch, explainNode: explainNode, uploadSheet: uploadSheet, copyLink: copyLink, switchStylesheet: switchStylesheet, fitOntology: fitOntology, tellHiddenTypes: tellHiddenTypes, fitStudies: fitStudies,
    },
  });

  /* The server has chosen the suggestions; the search box must not choose again. They say what was typed when they were asked for. */
  var suggestedFor = null;
  window.dashMantineFunctions = Object.assign({}, window.dashMantineFunctions, {
    keepAll: function (asked) {
      suggestedFor = asked.options.length ? asked.options[0].typed : null;
      return asked.options;
    },
  });

  new MutationObserver(function () {
    if (window.dash_component_api && window.dash_component_api.getLayout("colour-scheme")) {
      window.dash_clientside.set_props("colour-scheme", { data: scheme() });
    }
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });

  /* Controls without a callback */
  function cytoscape() {
    var holder = document.getElementById("ontology");
    var cy = holder && holder._cyreg ? holder._cyreg.cy : null;
    return cy && !cy.destroyed() ? cy : null;
  }

  function fit(cy) {
    cy.fit(undefined, 12);
  }

  /* The graph takes new elements after this callback; one that the page has left by then is not touched. */
  function fitOntology() {
    window.setTimeout(function () {
      var cy = cytoscape();
      if (cy) {
        fit(cy);
      }
    }, 50);
  }

  /* A list that ends with a whole row looks complete: the rule below it says how many types are further down. */
  function countHiddenTypes() {
    var list = document.querySelector(".composition-types");
    if (!list) {
      return;
    }
    var end = list.getBoundingClientRect().bottom;
    var below = Array.prototype.filter.call(list.children, function (row) {
      var box = row.getBoundingClientRect();
      return box.top + box.height / 2 > end;
    });
    list.nextElementSibling.dataset.more = below.length ? below.length + " more" : "";
  }

  function tellHiddenTypes() {
    window.setTimeout(countHiddenTypes, 50);
  }

  document.addEventListener("scroll", countHiddenTypes, true);

  /* Accession, technology and year are columns where there is room for them, and stand below the title else. */
  var ROOMY = 860;
  var SHARE_FROM = 420;
  var TYPES_FROM = 520;
  function fitStudies() {
    var place = document.getElementById("studies");
    var grid = place && place.clientWidth && window.dash_ag_grid ? window.dash_ag_grid.getApi("studies") : null;
    if (!grid) {
      return;
    }
    var width = place.clientWidth;
    grid.setColumnsVisible(["accession", "technology", "year"], width >= ROOMY);
    grid.setColumnsVisible(["share"], width >= SHARE_FROM);
    grid.setColumnsVisible(["n_types"], width >= TYPES_FROM);
    place.closest(".panel").classList.toggle("is-roomy", width >= ROOMY);
  }

  /* Cytoscape remembers where its place on the page is, and looks again on scroll and resize only; a warning moves it too. */
  function placeAgain(event) {
    var cy = event.target.closest && event.target.closest("#ontology") ? cytoscape() : null;
    if (cy) {
      cy.resize();
    }
  }

  document.addEventListener("pointerover", placeAgain, true);
  document.addEventListener("pointerdown", placeAgain, true);

  function zoom(how) {
    var cy = cytoscape();
    if (!cy) {
      return;
    }
    if (how === "fit") {
      fit(cy);
      return;
    }
    var level = cy.zoom() * (how === "in" ? 1.25 : 0.8);
    cy.zoom({ level: level, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  var MEASURED = ["heatmap", "scatter", "ontology"];
  var sizes = {};

  function resized() {
    MEASURED.forEach(function (id) {
      var size = sizeOf(id);
      if (size && String(size) !== String(sizes[id])) {
        sizes[id] = size;
        window.dash_clientside.set_props(id + "-size", { data: size });
      }
    });
    countHiddenTypes();
    fitStudies();
    var cy = cytoscape();
    if (cy) {
      cy.resize();
      fit(cy);
    }
  }

  var waiting = null;
  window.addEventListener("resize", function () {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(resized, 250);
  });

  function redraw() {
    window.dispatchEvent(new Event("resize"));
  }

  function enlarge(button) {
    var panel = button.closest(".panel");
    var wide = !panel.classList.contains("is-wide");
    shrink();
    panel.classList.toggle("is-wide", wide);
    button.classList.toggle("is-on", wide);
    window.setTimeout(redraw, 30);
  }

  function shrink() {
    document.querySelectorAll(".panel.is-wide").forEach(function (panel) {
      panel.classList.remove("is-wide");
      window.setTimeout(redraw, 30);
    });
    document.querySelectorAll(".icon-button.is-on").forEach(function (button) {
      button.classList.remove("is-on");
    });
  }

  document.addEventListener("click", function (event) {
    var target = event.target instanceof Element ? event.target : null;
    var brings = target && target.closest("[data-gene-sets], [data-cell-table]");
    if (brings) {
      chooseBrought(brings.dataset.geneSets ? "gene-sets" : "cell-table");
      return;
    }
    var row = target && target.closest("[data-leave-out]");
    if (row) {
      leaveOut(row.dataset.leaveOut);
      return;
    }
    var button = target && target.closest("[data-enlarge], [data-zoom], [data-go]");
    if (!button) {
      return;
    }
    if (button.dataset.go) {
      var parts = JSON.parse(button.dataset.go);
      keepFocus(button, Boolean(parts.type));
      go(parts);
    } else if (button.dataset.zoom) {
      zoom(button.dataset.zoom);
    } else {
      enlarge(button);
    }
  });

  /* The tabs of one result share their address: a change of tab keeps the selection and all else. */
  document.addEventListener(
    "click",
    function (event) {
      var link = event.target instanceof Element ? event.target.closest(".tabs a") : null;
      var plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
      if (!link || !plain || link.pathname !== window.location.pathname || link.pathname.indexOf("/r/") !== 0) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      go({ tab: new URLSearchParams(link.search).get("tab"), type: null });
    },
    true
  );

  /* Enter in the gene search takes what the arrow keys have marked, else the first suggestion once they answer the last letters;
   * where there are none, the page says that no gene has this name. */
  var PATIENCE = 4000;
  var isMarked = false;
  document.addEventListener("input", function (event) {
    isMarked = isMarked && event.target.id !== "gene-search";
  });

  document.addEventListener("keydown", function (event) {
    if (event.target.id !== "gene-search") {
      return;
    }
    if (event.key === "ArrowDown" && !isMarked && !suggestion("[data-combobox-selected]")) {
      // The list takes its first row for marked without showing it: from the row before it, down leads to the first.
      event.target.dispatchEvent(new window.KeyboardEvent("keydown", { key: "ArrowUp", code: "ArrowUp", bubbles: true }));
    }
    isMarked = isMarked || event.key === "ArrowDown" || event.key === "ArrowUp";
    if (event.key === "Enter" && event.target.value && !isMarked) {
      event.preventDefault();
      event.stopPropagation();
      takeFirst(event.target.value, now() + PATIENCE);
    }
  }, true);

  function suggestion(like) {
    var box = document.getElementById("gene-search");
    var list = box && document.getElementById(box.getAttribute("aria-controls"));
    return list && list.querySelector(".mantine-Select-option" + like);
  }

  function takeFirst(typed, until) {
    var box = document.getElementById("gene-search");
    var first = suggestion("");
    if (!box || box.value !== typed) {
      return;
    }
    if (first && suggestedFor === typed) {
      first.click();
    } else if (now() < until) {
      window.setTimeout(takeFirst, 50, typed, until);
    } else {
      // Closes the empty list, which would cover what the panels say.
      box.dispatchEvent(new window.KeyboardEvent("keydown", { key: "Escape", code: "Escape", bubbles: true }));
      go({ gene: typed });
    }
  }

  /* Gene sets and a table of the cells belong to the result whose page this is; the server checks them and says why it does not
   * take a file. A table changes what every panel and control may show: the page is then loaded anew. */
  var BROUGHT = {
    "gene-sets": {
      accept: ".gmt,.txt,.tsv",
      megabytes: 8,
      limit: "Gene sets may have 8 MB.",
      taken: tellGeneSets,
      refused: tellGeneSets,
    },
    "cell-table": {
      accept: ".csv,.tsv,.txt",
      megabytes: 32,
      limit: "A table may have 32 MB.",
      taken: function () {
        window.location.reload();
      },
      refused: tellCellTable,
    },
  };

  function chooseBrought(name) {
    var input = document.createElement("input");
    input.type = "file";
    input.accept = BROUGHT[name].accept;
    input.addEventListener("change", function () {
      if (input.files.length) {
        sendBrought(name, input.files[0]);
      }
    });
    input.click();
  }

  function sendBrought(name, file) {
    var kind = BROUGHT[name];
    if (file.size > kind.megabytes * 1024 * 1024) {
      kind.refused(file, "This file has " + Math.round(file.size / 1e6) + " MB. " + kind.limit);
      return;
    }
    var url = "/api/jobs/" + window.location.pathname.split("/")[2] + "/" + name;
    window
      .fetch(url, { method: "PUT", body: file, headers: { "Content-Type": "application/octet-stream" } })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (response.ok) {
            kind.taken(file, "");
          } else {
            kind.refused(file, answer.message + " " + answer.next_step);
          }
        });
      })
      .catch(function () {
        kind.refused(file, "The server did not answer. Try again.");
      });
  }

  function tellGeneSets(file, refused) {
    window.dash_clientside.set_props("gene-sets-state", { data: { name: file.name, refused: refused, at: now() } });
  }

  function tellCellTable(file, refused) {
    window.dash_clientside.set_props("cell-table-state", { data: { name: file.name, refused: refused, at: now() } });
  }

  /* Whether something lies over the page that Escape closes first. */
  function isCovered() {
    var layers = document.querySelectorAll(".mantine-Drawer-content, .mantine-Menu-dropdown, .mantine-Popover-dropdown");
    return Array.prototype.some.call(layers, function (layer) {
      return layer.offsetParent !== null || layer.getClientRects().length > 0;
    });
  }

  /* On narrow windows the rail lies over the page, where its button has brought it. */
  function isRailOver() {
    var toggle = document.getElementById("rail-toggle");
    var rail = document.querySelector(".mantine-AppShell-navbar");
    return toggle && toggle.offsetParent !== null && rail && rail.getBoundingClientRect().right > 1;
  }

  /* A row that a click chooses is chosen by Enter, too, and a cell's button pressed; the grid itself knows only the space bar. */
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target instanceof Element && event.target.classList.contains("ag-cell")) {
      (event.target.querySelector("button") || event.target).click();
    }
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || isCovered()) {
      return;
    }
    if (document.querySelector(".panel.is-wide")) {
      shrink();
      return;
    }
    if (isRailOver()) {
      document.getElementById("rail-toggle").click();
      return;
    }
    var button = document.getElementById("clear-selection");
    if (button && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      button.click();
    }
  });
})();

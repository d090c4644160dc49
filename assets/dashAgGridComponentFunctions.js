/* Cells of AG Grid tables. Text is set as text, addresses come from the server. */
(function () {
  "use strict";
  var components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});

  components.StudyTitle = function (props) {
    var row = props.data || {};
    var make = window.React.createElement;
    var title = row.href
      ? make("a", { href: row.href, target: "_blank", rel: "noopener noreferrer", className: "link", key: "title" }, row.title)
      : make("span", { key: "title" }, row.title);
    var accession = make("span", { className: "mono", key: "accession" }, row.accession);
    var detail = make("span", { className: "study-detail", key: "detail" }, [accession, row.detail ? "  ·  " + row.detail : ""]);
    return make("span", { className: "study-title" }, [title, detail]);
  };

  /* Marked as pressed by tellPending, with the setting in the rail; pressed here where a row is drawn later. */
  components.LeaveOut = function (props) {
    var study = (props.data || {}).study;
    var setting = window.dash_component_api.getLayout("setting-leave-out");
    var isLeftOut = Boolean(setting && (setting.props.value || []).indexOf(study) >= 0);
    var words = "Leave this study out of the next search";
    return window.React.createElement(
      "button",
      { type: "button", className: "icon-button", title: words, "aria-label": words, "aria-pressed": isLeftOut, "data-leave-out": study },
      window.React.createElement("span", { className: "glyph glyph-minus", "aria-hidden": true })
    );
  };

  components.ModelName = function (props) {
    var row = props.data || {};
    var make = window.React.createElement;
    var mark = row.is_default ? make("span", { className: "pill is-accent", key: "mark" }, "default") : null;
    return make("span", { className: "model-name" }, [make("span", { key: "name" }, row.name), mark]);
  };

  /* A figure of 0 to 1 with its interval: in numbers, and below them as a mark on a line. */
  components.FigureInterval = function (props) {
    var row = props.data || {};
    var field = props.colDef.field;
    var make = window.React.createElement;
    var value = row[field], low = row[field + "_low"], high = row[field + "_high"];
    if (value == null) return "–";
    var known = low != null && high != null;
    var at = function (share) { return (100 * share).toFixed(1) + "%"; };
    var words = known ? low.toFixed(2) + " to " + high.toFixed(2) : "";
    var text = make("span", { className: "figure-text", key: "text" },
      [value.toFixed(3), make("span", { className: "interval", key: "interval" }, words)]);
    var line = known ? make("span", { className: "dot-interval", key: "line", style: { left: at(low), width: at(high - low) } }) : null;
    var mark = make("span", { className: "dot-mark", key: "mark", style: { left: at(value) } });
    return make("span", { className: "figure-cell" }, [text, make("span", { className: "dot-plot", key: "plot" }, [line, mark])]);
  };
})();

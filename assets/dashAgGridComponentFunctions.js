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
})();

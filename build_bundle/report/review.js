"use strict";
/* Looks through labels: filter, evidence, corrections, export. Everything is text (no markup is ever made from data). */
(() => {
  const data = JSON.parse(document.getElementById("label-data").textContent);
  const table = document.getElementById("label-table");
  const bodies = [...table.tBodies[0].rows];
  const changes = new Map();
  const names = new Map(data.terms);
  const byWords = new Map(data.terms.map(([id, name]) => [name.toLowerCase(), id]));
  const status = document.getElementById("label-filter-status");
  const search = document.getElementById("label-filter-text");
  const count = document.getElementById("label-count");
  const save = document.getElementById("label-save");
  const sure = 0.7;

  const make = (tag, text, css) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (css) element.className = css;
    return element;
  };

  const termText = (id) => (names.has(id) ? `${names.get(id)} (${id})` : id);

  const current = (i) => {
    const change = changes.get(i);
    const row = data.rows[i];
    if (!change) return { ids: row.ids, status: row.status };
    return { ids: change.ids, status: change.ids.length ? "overridden" : "dropped" };
  };

  const isShown = (i, words) => {
    const row = data.rows[i];
    const now = current(i);
    const wanted = status.value;
    const fits =
      wanted === "all" ||
      (wanted === "unsure" ? now.status === "mapped" && row.confidence < sure
        : wanted === "corrected" ? changes.has(i) || ["overridden", "dropped"].includes(now.status)
        : now.status === wanted);
    const text = [row.study, row.said, now.status, ...now.ids.map(termText)].join(" ").toLowerCase();
    return fits && words.every((word) => text.includes(word));
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    bodies.forEach((line, i) => {
      line.hidden = !isShown(i, words);
      shown += line.hidden ? 0 : 1;
      if (line.hidden) close(line);
    });
    count.textContent = `${shown.toLocaleString("en")} of ${bodies.length.toLocaleString("en")} rows`;
  };

  const draw = (i) => {
    const now = current(i);
    const [terms, state] = [bodies[i].querySelector(".label-terms"), bodies[i].querySelector(".label-state")];
    terms.replaceChildren(...now.ids.map((id) => make("div", termText(id))));
    if (!now.ids.length) terms.append(make("span", "none", "label-none"));
    state.replaceChildren(make("span", data.words[now.status] || now.status, `pill is-${now.status}`));
    bodies[i].classList.toggle("is-changed", changes.has(i));
    save.disabled = changes.size === 0;
    save.textContent = changes.size ? `Download corrections (${changes.size})` : "Download corrections";
  };

  const close = (line) => {
    const next = line.nextElementSibling;
    if (next && next.classList.contains("label-detail")) next.remove();
    const button = line.querySelector("button");
    if (button) button.setAttribute("aria-expanded", "false");
  };

  const marked = (text, hits) => {
    const line = make("span", undefined, "label-text");
    let at = 0;
    for (const hit of [...hits].sort((a, b) => a.start - b.start)) {
      if (hit.start < at) continue;
      line.append(text.slice(at, hit.start));
      line.append(make("mark", text.slice(hit.start, hit.end), hit.why === "kept" ? "is-kept" : "is-refused"));
      at = hit.end;
    }
    line.append(text.slice(at));
    return line;
  };

  const evidence = (row) => {
    const box = make("div", undefined, "label-evidence");
    row.fields.forEach(([name, text], place) => {
      const hits = row.hits.filter((hit) => hit.place === place);
      if (!text || !hits.length) return;
      const line = make("p");
      line.append(make("span", name, "label-field"), marked(text, hits));
      box.append(line);
      for (const hit of hits) {
        const ids = hit.term_id.split(";").map(termText).join(" or ");
        box.append(make("p", `${hit.text} → ${ids}, ${data.scopes[hit.scope] || hit.scope}: ${hit.why}`, "label-hit"));
      }
    });
    const silent = row.fields.filter(([, text], place) => text && !row.hits.some((hit) => hit.place === place));
    if (silent.length) box.append(make("p", `No name in: ${silent.map(([name, text]) => `${name} “${text}”`).join("; ")}`, "label-hit"));
    if (!row.fields.length) box.append(make("p", row.note || "The source gives this word; a mapping table or the file itself gives the term.", "label-hit"));
    return box;
  };

  const read = (text) => {
    const ids = [];
    for (const part of text.split(";").map((p) => p.trim()).filter(Boolean)) {
      const given = /(CL|UBERON):\d{7}/.exec(part);
      const id = given ? given[0] : byWords.get(part.toLowerCase());
      if (!id) return { problem: `“${part}” is no term known here. Give its name or its id, such as CL:0000235.` };
      ids.push(id);
    }
    return ids.length ? { ids } : { problem: "Give a term, or use Drop." };
  };

  const editor = (i, line) => {
    const form = make("div", undefined, "label-editor");
    const change = changes.get(i);
    const term = make("input");
    term.type = "text";
    term.setAttribute("list", "label-terms-known");
    term.setAttribute("aria-label", "Right term");
    term.placeholder = "Right term: name or id, several with ;";
    term.value = current(i).ids.map(termText).join("; ");
    const comment = make("input");
    comment.type = "text";
    comment.setAttribute("aria-label", "Comment");
    comment.placeholder = "Why (optional)";
    comment.value = change ? change.comment : "";
    const told = make("span", "", "label-told");
    told.setAttribute("role", "status");
    const keep = (ids) => {
      changes.set(i, { ids, comment: comment.value.trim() });
      draw(i);
      told.textContent = "Noted. Download the corrections when you are done.";
    };
    const button = (text, css, act) => {
      const element = make("button", text, css);
      element.type = "button";
      element.addEventListener("click", act);
      return element;
    };
    const set = () => {
      const { ids, problem } = read(term.value);
      if (problem) told.textContent = problem;
      else keep(ids);
    };
    term.addEventListener("keydown", (event) => { if (event.key === "Enter") set(); });
    comment.addEventListener("input", () => { if (changes.has(i)) changes.get(i).comment = comment.value.trim(); });
    form.append(term, comment, button("Set", "is-first", set), button("Drop", "", () => keep([])));
    form.append(button("Undo", "", () => { changes.delete(i); draw(i); told.textContent = "Undone."; term.value = current(i).ids.map(termText).join("; "); }), told);
    return form;
  };

  const open = (i) => {
    const line = bodies[i];
    const button = line.querySelector("button");
    if (button.getAttribute("aria-expanded") === "true") return close(line);
    button.setAttribute("aria-expanded", "true");
    const detail = make("tr", undefined, "label-detail");
    const cell = make("td");
    cell.colSpan = line.cells.length;
    cell.append(evidence(data.rows[i]), editor(i, line));
    detail.append(cell);
    line.after(detail);
  };

  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  const exported = () => {
    const mine = [...changes].map(([i, change]) => [data.rows[i].study, data.rows[i].pattern, change.ids.join(";") || "drop", change.comment]);
    const replaced = new Set(mine.map(([study, sample]) => `${study}\n${sample}`));
    const kept = data.overrides.filter(([study, sample]) => !replaced.has(`${study}\n${sample}`));
    return [["study", "sample", "term_ids", "comment"], ...mine, ...kept].map((line) => line.map(quoted).join(",")).join("\n") + "\n";
  };

  save.addEventListener("click", () => {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([exported()], { type: "text/csv" }));
    link.download = "label_overrides.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });

  const known = make("datalist");
  known.id = "label-terms-known";
  for (const [id, name] of data.terms) {
    const option = make("option");
    option.value = `${name} (${id})`;
    known.append(option);
  }
  document.body.append(known);
  bodies.forEach((line, i) => {
    const button = make("button", "Look");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `Evidence and correction for ${data.rows[i].said}`);
    button.addEventListener("click", () => open(i));
    line.lastElementChild.replaceChildren(button);
  });
  for (const control of document.querySelectorAll("[data-needs-script]")) control.hidden = false;
  search.addEventListener("input", filter);
  status.addEventListener("change", filter);
  filter();
})();

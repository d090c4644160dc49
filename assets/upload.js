/* Brings files to the server: drop anywhere or choose, sent in pieces, resumed after a broken network or a reload.
 *
 * The page (layouts/ids.py) gives: #upload-drop or [data-upload="choose"] to open the chooser, #upload-settings with data-bundle and
 * data-options, #upload-cancel, [data-example="key"]. It is told through dash_clientside.set_props: upload-progress.value,
 * upload-status.children, upload-state.data, and url.pathname when the search is queued.
 */
(function () {
  "use strict";

  const MIB = 1024 * 1024;
  const PIECE = { first: MIB, least: MIB / 4, most: 8 * MIB, seconds: 0.7 };
  const WAIT = { first: 1000, most: 15000 };
  const KEPT = "scquery-uploads";
  const GONE = new Set([404]);
  const BUSY = new Set([429, 502, 503, 504, 507]);

  let current = null; // the one upload of this page: {file, token, sent, stop, marks}

  /* ---- telling the page ---------------------------------------------------------------------------------------------- */

  function isDrawn(id) {
    try {
      return Boolean(window.dash_component_api.getLayout(id));
    } catch (error) {
      return false; /* Dash has no layout yet */
    }
  }

  function tell(id, props) {
    if (isDrawn(id)) {
      window.dash_clientside.set_props(id, props);
    }
  }

  function show(state, words, facts) {
    const file = current && current.file;
    const data = Object.assign(
      {
        state: state,
        name: file ? file.name : "",
        size: file ? file.size : 0,
        received: current ? current.sent : 0,
        token: current ? current.token : null,
        code: "",
        message: "",
        next_step: "",
      },
      facts
    );
    tell("upload-progress", { value: data.size ? (100 * data.received) / data.size : 0 });
    tell("upload-status", { children: words });
    tell("upload-state", { data: data });
  }

  function size(bytes) {
    const units = ["bytes", "kB", "MB", "GB"];
    let n = bytes;
    let unit = 0;
    while (n >= 1000 && unit < units.length - 1) {
      n /= 1000;
      unit += 1;
    }
    return n.toFixed(unit && n < 10 ? 1 : 0) + " " + units[unit];
  }

  function timeLeft(seconds) {
    if (seconds < 90) {
      return "about " + Math.max(1, Math.round(seconds)) + " s left";
    }
    return seconds < 5400 ? "about " + Math.round(seconds / 60) + " min left" : "about " + Math.round(seconds / 3600) + " h left";
  }

  function progressWords(upload) {
    const words = [size(upload.sent) + " of " + size(upload.file.size)];
    const oldest = upload.marks[0];
    const newest = upload.marks[upload.marks.length - 1];
    const seconds = (newest.at - oldest.at) / 1000;
    if (seconds > 0.5) {
      const speed = (newest.sent - oldest.sent) / seconds;
      words.push(size(speed) + "/s", timeLeft((upload.file.size - upload.sent) / speed));
    }
    return words.join(", ");
  }

  /* ---- what a reload must not lose ------------------------------------------------------------------------------------ */

  function nameOf(file) {
    return [file.name, file.size, file.lastModified].join("|");
  }

  function kept() {
    try {
      return JSON.parse(window.localStorage.getItem(KEPT)) || {};
    } catch (error) {
      return {};
    }
  }

  function keep(name, entry) {
    const all = kept();
    delete all[name];
    if (entry) {
      all[name] = entry;
    }
    try {
      window.localStorage.setItem(KEPT, JSON.stringify(all));
    } catch (error) {
      /* private window: an upload then cannot outlive a reload */
    }
  }

  /* ---- talking to the server ------------------------------------------------------------------------------------------ */

  function Refusal(status, body) {
    this.status = status;
    this.body = body;
  }

  async function ask(method, url, body, signal) {
    const raw = body instanceof Blob;
    const response = await fetch(url, {
      method: method,
      body: raw ? body : body && JSON.stringify(body),
      headers: body ? { "Content-Type": raw ? "application/octet-stream" : "application/json" } : {},
      signal: signal,
    });
    let answer = {};
    try {
      answer = await response.json();
    } catch (error) {
      /* a proxy's own page */
    }
    if (!response.ok) {
      throw new Refusal(response.status, answer);
    }
    return answer;
  }

  function pause(milliseconds, signal) {
    return new Promise(function (resolve, reject) {
      const timer = setTimeout(resolve, milliseconds);
      const early = function () {
        clearTimeout(timer);
        resolve();
      };
      window.addEventListener("online", early, { once: true });
      signal.addEventListener("abort", function () {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
  }

  /* Ask until there is an answer: a network that is gone, a server that restarts and a full queue are waited for. */
  async function insist(upload, method, url, body) {
    let wait = WAIT.first;
    for (;;) {
      try {
        return await ask(method, url, body, upload.stop.signal);
      } catch (error) {
        if (upload.stop.signal.aborted || (error instanceof Refusal && !BUSY.has(error.status))) {
          throw error;
        }
        const why = error instanceof Refusal && error.body.message ? error.body.message : "The connection is gone.";
        show("waiting", why + " Trying again; " + size(upload.sent) + " of " + size(upload.file.size) + " are kept.", {
          message: why,
        });
        await pause(wait, upload.stop.signal);
        wait = Math.min(WAIT.most, wait * 2);
      }
    }
  }

  /* ---- one upload ----------------------------------------------------------------------------------------------------- */

  function settings() {
    const holder = document.getElementById("upload-settings");
    const data = holder ? holder.dataset : {};
    let options = {};
    try {
      options = JSON.parse(data.options || "{}");
    } catch (error) {
      options = {};
    }
    return { bundle: data.bundle || "", options: options };
  }

  async function begin(upload) {
    const earlier = kept()[nameOf(upload.file)];
    if (earlier) {
      try {
        const held = await insist(upload, "GET", "/api/uploads/" + earlier.token);
        if (held.state === "uploading" && held.size === upload.file.size) {
          upload.token = held.token;
          upload.sent = held.received;
          return;
        }
      } catch (error) {
        if (!(error instanceof Refusal && GONE.has(error.status))) {
          throw error;
        }
      }
    }
    const asked = Object.assign({ filename: upload.file.name, size: upload.file.size }, settings());
    upload.token = (await insist(upload, "POST", "/api/uploads", asked)).token;
    upload.sent = 0;
    keep(nameOf(upload.file), { token: upload.token, name: upload.file.name, size: upload.file.size });
  }

  async function sendPiece(upload, bytes) {
    const url = "/api/uploads/" + upload.token + "?offset=" + upload.sent;
    try {
      upload.sent = (await insist(upload, "PUT", url, upload.file.slice(upload.sent, upload.sent + bytes))).received;
    } catch (error) {
      /* the answer to an earlier try was lost, or another tab sends the same file */
      if (!(error instanceof Refusal && error.status === 409 && Number.isInteger(error.body.received))) {
        throw error;
      }
      upload.sent = error.body.received;
    }
  }

  async function sendAll(upload) {
    let bytes = PIECE.first;
    upload.marks = [{ at: performance.now(), sent: upload.sent }];
    while (upload.sent < upload.file.size) {
      show("uploading", progressWords(upload));
      const from = performance.now();
      await sendPiece(upload, bytes);
      const seconds = (performance.now() - from) / 1000;
      bytes = Math.round(Math.min(PIECE.most, Math.max(PIECE.least, bytes * Math.min(2, PIECE.seconds / seconds))));
      upload.marks.push({ at: performance.now(), sent: upload.sent });
      while (upload.marks.length > 2 && performance.now() - upload.marks[0].at > 5000) {
        upload.marks.shift();
      }
    }
  }

  async function run(file) {
    const upload = { file: file, token: null, sent: 0, stop: new AbortController(), marks: [] };
    current = upload;
    try {
      show("uploading", "Starting");
      await begin(upload);
      await sendAll(upload);
      show("finishing", "Waiting for a place in the queue");
      const done = await insist(upload, "POST", "/api/uploads/" + upload.token + "/finish");
      keep(nameOf(file), null);
      show("done", "");
      current = null;
      open(done.url);
    } catch (error) {
      if (current === upload) {
        failed(upload, error);
      }
    }
  }

  function failed(upload, error) {
    const body = error instanceof Refusal ? error.body : {};
    const message = body.message || "The file could not be read or sent.";
    const facts = {
      code: body.code || "upload",
      message: message,
      next_step: body.next_step || "Choose the same file again to go on.",
    };
    if (error instanceof Refusal && GONE.has(error.status)) {
      keep(nameOf(upload.file), null);
    }
    show("failed", message, facts);
    current = null;
  }

  function cancel() {
    const upload = current;
    if (!upload) {
      return;
    }
    current = null;
    upload.stop.abort();
    keep(nameOf(upload.file), null);
    if (upload.token) {
      ask("DELETE", "/api/jobs/" + upload.token).catch(function () {
        /* it expires by itself */
      });
    }
    show("idle", "");
  }

  function open(url) {
    if (isDrawn("url")) {
      tell("url", { pathname: url, search: "", hash: "" });
    } else {
      window.location.assign(url);
    }
  }

  function take(files) {
    if (current) {
      return;
    }
    if (files.length !== 1) {
      const many = "Bring one file at a time.";
      show("failed", many, { code: "one-file", message: many, next_step: "Put the files of an MTX folder into one .zip." });
      return;
    }
    run(files[0]);
  }

  async function startExample(key) {
    try {
      open((await ask("POST", "/api/examples", Object.assign({ example: key }, settings()))).url);
    } catch (error) {
      const body = error instanceof Refusal ? error.body : {};
      const message = body.message || "The server does not answer.";
      show("failed", message, { code: body.code || "example", message: message, next_step: body.next_step || "Try again." });
    }
  }

  /* After a reload: the browser does not give the file back, so its owner is told to choose it again. */
  async function recall() {
    for (const [name, entry] of Object.entries(kept())) {
      try {
        const held = await ask("GET", "/api/uploads/" + entry.token);
        if (held.state === "uploading" && !current) {
          const words = held.filename + " stopped at " + size(held.received) + " of " + size(held.size) + ". Choose the same file to go on.";
          show("interrupted", words, { name: held.filename, size: held.size, received: held.received, token: held.token });
          return;
        }
        keep(name, null);
      } catch (error) {
        if (error instanceof Refusal && GONE.has(error.status)) {
          keep(name, null);
        }
      }
    }
  }

  /* ---- what the user does --------------------------------------------------------------------------------------------- */

  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.hidden = true;
  chooser.id = "upload-file";
  chooser.setAttribute("aria-hidden", "true");
  chooser.addEventListener("change", function () {
    const files = Array.from(chooser.files);
    chooser.value = "";
    if (files.length) {
      take(files);
    }
  });
  document.body.appendChild(chooser);

  function act(event) {
    const target = event.target instanceof Element ? event.target : document.body;
    const example = target.closest("[data-example]");
    if (target.closest("#upload-cancel")) {
      cancel();
    } else if (example) {
      startExample(example.dataset.example);
    } else if (target.closest("#upload-drop, [data-upload=choose]")) {
      chooser.click();
    } else {
      return false;
    }
    return true;
  }

  document.addEventListener("click", act);
  document.addEventListener("keydown", function (event) {
    const native = event.target instanceof Element && event.target.closest("button, a, input, select, textarea");
    if ((event.key === "Enter" || event.key === " ") && !native && act(event)) {
      event.preventDefault();
    }
  });

  let inside = 0;

  function dragging(on) {
    inside = on ? inside : 0;
    document.documentElement.classList.toggle("is-dragging", on);
  }

  function withFiles(listener) {
    return function (event) {
      if (event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files")) {
        event.preventDefault();
        listener(event);
      }
    };
  }

  document.addEventListener("dragenter", withFiles(function () {
    inside += 1;
    dragging(true);
  }));
  document.addEventListener("dragover", withFiles(function () {}));
  document.addEventListener("dragleave", withFiles(function () {
    inside -= 1;
    dragging(inside > 0);
  }));
  document.addEventListener("drop", withFiles(function (event) {
    dragging(false);
    take(Array.from(event.dataTransfer.files));
  }));
  window.addEventListener("beforeunload", function (event) {
    if (current) {
      event.preventDefault();
    }
  });

  /* The page is drawn by Dash after this script runs. */
  (function whenDrawn(tries) {
    if (isDrawn("upload-state")) {
      recall();
    } else if (tries > 0) {
      setTimeout(whenDrawn, 200, tries - 1);
    }
  })(100);
})();

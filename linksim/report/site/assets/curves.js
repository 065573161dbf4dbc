// Curves of one result: what is chosen in the controls and the legend, drawn with Observable Plot.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent).curves;
  const $ = (id) => document.getElementById(id);
  const DASHES = ["none", "7 3", "2 2", "8 3 2 3", "12 3", "8 3 2 3 2 3"];
  const colour = (i) => getComputedStyle(document.documentElement).getPropertyValue(`--c${i % 8}`).trim();
  const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();

  // A series is a link after one of its layers; published points are series without lines.
  const series = [];
  for (const [link, about] of Object.entries(data.links)) {
    for (const layer of about.layers) {
      series.push({
        key: `${link}|${layer}`, link, layer, tags: about.tags,
        kind: about.member ? "member" : "link",
        label: about.layers.length > 1 ? `${link}, layer ${layer + 1}` : link,
      });
    }
  }
  data.published.forEach((point) => {
    const key = `published|${point.source}|${point.link}`;
    if (!series.some((s) => s.key === key)) {
      series.push({ key, link: point.link, layer: 0, kind: "published", label: `${point.link} (${point.source})`,
        tags: { ...(point.cbr ? { cbr: point.cbr } : {}), ...(point.scheme ? { scheme: point.scheme } : {}) } });
    }
  });
  const hidden = new Set(series.filter((s) => s.kind === "member").map((s) => s.key));

  function fill(select, options, chosen) {
    select.replaceChildren(...Object.entries(options).map(([value, text]) => new Option(text, value, false, value === chosen)));
  }
  const values = [...new Set(Object.values(data.points).flatMap((m) => Object.values(m)).flatMap((p) => p.value))].sort((a, b) => a - b);
  fill($("metric"), data.metrics, data.shown.metric);
  const xs = { [data.axis.name]: data.axis.label, ...data.columns, ...data.tags };
  fill($("x"), xs, data.shown.x in xs ? data.shown.x : data.axis.name);
  const at = data.shown.at ?? values[Math.floor(values.length / 2)];
  const nearest = values.reduce((best, v) => (Math.abs(v - at) < Math.abs(best - at) ? v : best), values[0]);
  fill($("at"), Object.fromEntries(values.map((v) => [String(v), String(v)])), String(nearest));

  // Many links of several bandwidth ratios are looked at one ratio at a time.
  const near = (a, b) => Math.abs(a / b - 1) < 0.04;
  const ratios = Object.keys(data.ratios);
  const ofRatio = (r) => series.filter((s) => s.kind === "link" && s.tags.cbr && near(s.tags.cbr, Number(r))).length;
  const many = series.filter((s) => s.kind === "link").length > 8 && ratios.length > 1;
  const fullest = ratios.reduce((best, r) => (ofRatio(r) > ofRatio(best) ? r : best), ratios[0]);
  fill($("ratio"), { "": "all", ...Object.fromEntries(ratios.map((r) => [r, data.ratios[r]])) }, many ? fullest : "");

  const along = () => $("x").value === data.axis.name;
  function possible() {
    const ratio = along() ? $("ratio").value : "";
    const metric = $("metric").value;
    return series.filter((s) => {
      if (ratio && s.tags.cbr && !near(s.tags.cbr, Number(ratio))) return false;
      if (s.kind === "published") return data.published.some((p) => s.key === `published|${p.source}|${p.link}` && p.metric === metric);
      return s.key in (data.points[metric] ?? {});
    });
  }

  function pointsOf(s) {
    const metric = $("metric").value, x = $("x").value;
    let found;
    if (s.kind === "published") {
      found = data.published.filter((p) => s.key === `published|${p.source}|${p.link}` && p.metric === metric)
        .map((p) => ({ s, value: p.value, y: p.mean, cbr: p.cbr }));
    } else {
      const p = data.points[metric][s.key];
      found = p.value.map((value, i) => ({ s, value, y: p.mean[i], low: p.ci_low[i], high: p.ci_high[i],
        pictures: p.n_pictures[i], draws: p.n_draws[i], cbr: p.cbr[i], delivered: p.delivered[i] }));
    }
    if (along()) return found.map((p) => ({ ...p, x: p.value })).filter((p) => p.y !== null);
    const wanted = Number($("at").value);
    return found.filter((p) => p.value === wanted && p.y !== null)
      .map((p) => ({ ...p, x: x in data.columns ? p[x] : s.tags[x] })).filter((p) => Number.isFinite(p.x));
  }

  // Along the axis every series is a line; along anything else those of one scheme are.
  const schemeOf = (s) => `${s.kind === "member" ? "member" : ""}|${s.tags.scheme ?? s.link}`;
  const lineOf = (s) => (along() ? s.key : `${schemeOf(s)}|${s.layer}|${s.kind}`);

  const nameOf = (s) => (along() || s.kind === "published" ? s.label : (s.tags.scheme ?? s.link) + (data.links[s.link].layers.length > 1 ? `, layer ${s.layer + 1}` : ""));

  // A colour stands for a scheme, whatever else is shown; dashes tell its lines apart, layers first.
  const schemes = [...new Set(series.filter((s) => s.kind === "link").map(schemeOf))];
  series.filter((s) => s.kind === "published" && !schemes.includes(schemeOf(s))).forEach((s) => schemes.push(schemeOf(s)));
  function looks() {
    const found = new Map();
    for (const part of d3.group(possible(), schemeOf).values()) {
      const several = [...new Set(part.map(lineOf))];
      for (const s of part) {
        const thin = s.kind === "member";
        const number = thin ? 0 : schemes.indexOf(schemeOf(s));
        const look = (several.indexOf(lineOf(s)) + Math.floor(number / 8)) % DASHES.length;
        found.set(s.key, { stroke: thin ? ink() : colour(number), dash: DASHES[look], thin });
      }
    }
    return found;
  }

  const text = (v) => (v === null || v === undefined ? "" : Number(v.toPrecision(6)).toString());
  function said(p) {
    const parts = [p.s.label, `${xs[$("x").value]}: ${text(p.x)}`, `${data.metrics[$("metric").value]}: ${text(p.y)}`];
    if (p.low !== undefined && p.low !== null) parts.push(`95 % interval: ${text(p.low)} to ${text(p.high)}`);
    if (p.pictures) parts.push(`${p.pictures} pictures, ${p.draws} draws each`);
    if (p.cbr) parts.push(`CBR ${text(p.cbr)}`);
    if (p.delivered !== undefined && p.delivered !== null && p.delivered < 1) parts.push(`${text(100 * p.delivered)} % delivered`);
    return parts.join("\n");
  }

  let cursor = null; // [line, point] that the arrow keys stand on
  let drawn = [];
  function draw() {
    const look = looks();
    const chosen = possible().filter((s) => !hidden.has(s.key));
    const points = chosen.flatMap(pointsOf).sort((a, b) => a.x - b.x);
    const of = d3.group(points, (p) => lineOf(p.s));
    drawn = [...of.values()];
    const marks = [];
    for (const part of of.values()) {
      const s = part[0].s, { stroke: c, dash, thin } = look.get(s.key);
      if ($("bands").checked && part.some((p) => p.low !== undefined)) {
        marks.push(Plot.areaY(part, { x: "x", y1: "low", y2: "high", fill: c, fillOpacity: 0.16, ariaHidden: "true" }));
      }
      if (s.kind === "published") {
        marks.push(Plot.dot(part, { x: "x", y: "y", stroke: c, strokeWidth: 2, r: 5, symbol: "times" }));
      } else {
        marks.push(Plot.line(part, { x: "x", y: "y", stroke: c, strokeWidth: thin ? 1 : 2, strokeOpacity: thin ? 0.7 : 1, strokeDasharray: dash, className: "curve" }));
        marks.push(Plot.dot(part, { x: "x", y: "y", fill: c, r: thin ? 1.5 : 2.6 }));
      }
    }
    if (cursor && drawn[cursor[0]]?.[cursor[1]]) {
      const p = drawn[cursor[0]][cursor[1]];
      marks.push(Plot.dot([p], { x: "x", y: "y", r: 7, stroke: ink(), strokeWidth: 2 }));
      marks.push(Plot.tip([p], { x: "x", y: "y", title: said }));
    } else {
      marks.push(Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: said, maxRadius: 60 })));
    }
    const width = Math.max(300, Math.round($("chart").clientWidth));
    const where = along() ? "" : `, at ${data.axis.label} ${$("at").value}`;
    const svg = Plot.plot({
      width, height: Math.round(Math.min(560, Math.max(320, width * 0.62))), grid: true, marginLeft: 56, marginBottom: 44,
      style: { background: "transparent", fontSize: "13px", color: ink() },
      x: { label: `${xs[$("x").value]}${where}` }, y: { label: data.metrics[$("metric").value], nice: true },
      ariaLabel: `${data.metrics[$("metric").value]} against ${xs[$("x").value]}, ${of.size} curves`,
      marks: points.length ? marks : [Plot.text(["Nothing is chosen"], { frameAnchor: "middle", fontSize: 16 })],
    });
    svg.setAttribute("role", "img");
    svg.querySelectorAll("g[aria-label]").forEach((g) => g.removeAttribute("aria-label")); // the whole has one
    $("chart").replaceChildren(svg);
    $("at-label").hidden = along();
    $("ratio-label").hidden = ratios.length < 2 || !along();
    if ($("numbers").open) table();
  }

  function swatch(s, { stroke: c, dash, thin }) {
    const inside = s.kind === "published"
      ? `<path d="M9 2l8 8m0-8l-8 8" stroke="${c}" stroke-width="2"/>`
      : `<path d="M0 6h26" stroke="${c}" stroke-width="${thin ? 1.5 : 3}" stroke-dasharray="${dash}"/>`;
    const box = document.createElement("span");
    box.innerHTML = `<svg aria-hidden="true">${inside}</svg>`;
    return box.firstChild;
  }

  function legend() {
    const look = looks(), groups = { link: "Links", member: "Members of envelopes", published: "Published" };
    const open = new Set([...$("legend").querySelectorAll("details[open]")].map((d) => d.dataset.kind));
    $("legend").replaceChildren(...Object.entries(groups).map(([kind, title]) => {
      const of = possible().filter((s) => s.kind === kind);
      if (!of.length) return "";
      const field = document.createElement("fieldset"), head = document.createElement("legend");
      head.append(title);
      const all = document.createElement("button");
      const anyShown = () => of.some((s) => !hidden.has(s.key));
      function nameAll() {
        all.textContent = anyShown() ? "none" : "all";
        all.setAttribute("aria-label", `${title}: ${all.textContent}`);
      }
      all.type = "button";
      all.dataset.all = kind;
      nameAll();
      all.addEventListener("click", () => {
        const hide = anyShown();
        of.forEach((s) => (hide ? hidden.add(s.key) : hidden.delete(s.key)));
        redraw();
        $("legend").querySelector(`[data-all="${kind}"]`)?.focus(); // the legend is a new one
      });
      head.append(all);
      const labels = [...d3.group(of, lineOf).values()].map((line) => {
        const label = document.createElement("label"), box = document.createElement("input");
        const [s] = line;
        box.type = "checkbox";
        box.checked = line.some((one) => !hidden.has(one.key));
        box.dataset.key = s.key;
        box.addEventListener("change", () => {
          line.forEach((one) => (box.checked ? hidden.delete(one.key) : hidden.add(one.key)));
          nameAll();
          cursor = null;
          draw();
        });
        label.append(box, swatch(s, look.get(s.key)), nameOf(s));
        return label;
      });
      if (kind === "member" && labels.length > 6) {
        const more = document.createElement("details"), summary = document.createElement("summary");
        more.dataset.kind = kind;
        more.open = open.has(kind);
        summary.textContent = `${labels.length} schemes`;
        more.append(summary, ...labels);
        field.append(head, more);
      } else field.append(head, ...labels);
      return field;
    }));
  }

  const shownRows = () => possible().filter((s) => !hidden.has(s.key)).flatMap(pointsOf);
  const COLUMNS = [["link", (p) => p.s.label], ["x", (p) => p.x], ["mean", (p) => p.y], ["ci_low", (p) => p.low], ["ci_high", (p) => p.high],
    ["n_pictures", (p) => p.pictures], ["n_draws", (p) => p.draws], ["cbr", (p) => p.cbr], ["delivered", (p) => p.delivered]];
  const named = () => COLUMNS.map(([name, of]) => [name === "x" ? $("x").value : name === "mean" ? $("metric").value : name, of]);

  function table() {
    const made = document.createElement("table");
    const head = made.createTHead().insertRow();
    for (const [name] of named()) {
      const th = document.createElement("th");
      th.scope = "col";
      th.textContent = name;
      head.append(th);
    }
    const body = made.createTBody();
    for (const p of shownRows()) {
      const row = body.insertRow();
      for (const [, of] of named()) row.insertCell().textContent = typeof of(p) === "number" ? text(of(p)) : of(p) ?? "";
    }
    $("numbers").querySelector(".scroll").replaceChildren(made);
  }

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${data.scenario}-${$("metric").value}${along() ? "" : "-" + $("x").value}.${name}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  const quoted = (v) => (/[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));
  $("csv").addEventListener("click", () => {
    const rows = [named().map(([name]) => name), ...shownRows().map((p) => named().map(([, of]) => of(p) ?? ""))];
    save("csv", new Blob([rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n"], { type: "text/csv" }));
  });

  // The picture as it stands, with its ground and a legend below, on its own.
  function standalone() {
    const svg = $("chart").querySelector("svg").cloneNode(true);
    const [width, height] = [svg, svg].map((s, i) => Number(s.getAttribute(i ? "height" : "width")));
    const look = looks(), shown = possible().filter((s) => !hidden.has(s.key));
    const once = [...d3.group(shown, lineOf).values()].map((part) => part[0]).slice(0, 40);
    const total = height + 22 * once.length + 10;
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    svg.setAttribute("height", total);
    svg.setAttribute("viewBox", `0 0 ${width} ${total}`);
    svg.style.color = ink();
    const ground = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim();
    svg.insertAdjacentHTML("afterbegin", `<rect width="100%" height="100%" fill="${ground}"/>`);
    once.forEach((s, i) => {
      const { stroke: c, dash } = look.get(s.key), y = height + 14 + 22 * i;
      svg.insertAdjacentHTML("beforeend", `<path d="M56 ${y}h26" stroke="${c}" stroke-width="2.5" stroke-dasharray="${s.kind === "published" ? "3 20" : dash}"/>`);
      const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
      label.setAttribute("x", 90);
      label.setAttribute("y", y + 4);
      label.setAttribute("fill", ink());
      label.textContent = nameOf(s);
      svg.append(label);
    });
    return { source: new XMLSerializer().serializeToString(svg), width, height: total };
  }
  $("svg").addEventListener("click", () => save("svg", new Blob([standalone().source], { type: "image/svg+xml" })));
  $("png").addEventListener("click", () => {
    const { source, width, height } = standalone(), image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [2 * width, 2 * height];
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save("png", blob));
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(source);
  });

  $("chart").addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === "Escape") cursor = null;
    else if (!step || !drawn.length) return;
    else if (!cursor) cursor = [0, 0];
    else {
      const line = (cursor[0] + step[0] + drawn.length) % drawn.length;
      cursor = [line, Math.min(Math.max(cursor[1] + step[1], 0), drawn[line].length - 1)];
    }
    event.preventDefault();
    draw();
    $("said").textContent = cursor ? said(drawn[cursor[0]][cursor[1]]).replaceAll("\n", "; ") : "";
  });
  $("chart").addEventListener("pointermove", () => {
    if (!cursor) return;
    cursor = null;
    draw();
  });

  function redraw() {
    cursor = null;
    draw();
    legend();
  }
  for (const id of ["metric", "x", "at", "ratio", "bands"]) $(id).addEventListener("change", redraw);
  $("numbers").addEventListener("toggle", () => { if ($("numbers").open) table(); });
  addEventListener("themechange", redraw);
  let width = 0;
  new ResizeObserver(() => {
    const now = $("chart").clientWidth;
    if (now === width) return;
    width = now;
    draw();
  }).observe($("chart"));
  redraw();
})();

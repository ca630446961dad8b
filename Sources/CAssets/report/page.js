// The page from top to bottom, and when it is drawn.

const drawings = [];

// Keeps a figure for drawing whenever the width is known or has changed.
function placed(drawing) {
    drawings.push(drawing);
    return drawing.element;
}

function section(title, ...parts) {
    const inside = parts.flat(Infinity).filter((part) => part !== null);
    return inside.length ? make("section", {}, make("h2", {}, title), inside) : null;
}

// Two figures side by side where there is room.
function beside(parts) {
    return parts.length > 1 ? make("div", {class: "beside"}, parts) : parts;
}

function seconds(run) {
    const course = run.course || {};
    const longest = ["used", "demand", "waiting", "running", "fragmented"].reduce((most, name) =>
        Math.max(most, listed(course[name]).length), 0);
    return (longest * (course.step || 0)) / 1000;
}

function curve(run, key, name, tone, scale, isLine) {
    const values = listed(run.course && run.course[key]).map((value) => value * scale);
    return {name, tone, isLine, values, step: ((run.course && run.course.step) || 0) / 1000};
}

function facts(runs) {
    const rows = [
        ["Policy", (run) => run.policy],
        ["Workload", (run) => run.workload],
        ["Cluster", (run) => {
            const {nodes, gpus, cpus} = run.cluster || {};
            return [counted(nodes, "node"), gpus ? counted(gpus, "GPU") : null,
                counted(cpus, "CPU")].filter((part) => part).join(", ");
        }],
        ["Seed", (run) => String(run.seed)],
        ["Jobs", (run) => {
            const jobs = run.jobs || {};
            const parts = [`${plain(jobs.arrived)} arrived`, `${plain(jobs.finished)} finished`];
            for (const key of ["failed", "waiting", "running"]) {
                if (jobs[key]) parts.push(`${plain(jobs[key])} ${key}`);
            }
            return parts.join(", ");
        }],
    ];
    if (runs.length === 1) {
        return make("dl", {class: "facts"}, rows.map(([name, tell]) =>
            make("div", {}, make("dt", {}, name), make("dd", {}, tell(runs[0])))));
    }
    return make("div", {class: "beside"}, runs.map((run, index) =>
        make("div", {class: "run " + runTones[index]},
            make("p", {class: "name"}, chip(runTones[index]), run.label),
            make("dl", {class: "facts"}, rows.map(([name, tell]) =>
                make("div", {}, make("dt", {}, name), make("dd", {}, tell(run))))))));
}

// The six figures that a reader asks for first.
function headlines(runs) {
    const wanted = [
        ["Mean wait", /^wait/i, "mean"], ["p95 wait", /^wait/i, "p95"],
        ["Longest wait", /^wait/i, "max"], ["Mean bounded slowdown", /slowdown/i, "mean"],
        ["Utilisation", /utili[sz]ation/i, "mean"], ["Makespan", /makespan/i, "mean"],
    ];
    return make("dl", {class: "headlines"}, wanted.map(([title, pattern, key]) => {
        const found = runs.map((run) =>
            listed(run.measures).find((measure) => pattern.test(measure.name)) || {});
        const unit = found.map((measure) => measure.unit).find((unit) => unit !== undefined) || "";
        const values = found.map((measure, index) => make("dd", {},
            runs.length > 1 ? chip(runTones[index]) : null, figure(measure[key], unit),
            key === "mean" && interval(measure) ? make("small", {}, interval(measure)) : null));
        if (runs.length > 1) {
            values.push(make("dd", {class: "judged"}, changeCell(found[0][key], found[1][key], unit,
                direction(title))));
        }
        return make("div", {}, make("dt", {}, title), values);
    }));
}

// Curves that two runs share overlay each other; one run shows what belongs together in one plot.
function courses(runs, common) {
    const plots = [];
    const add = (title, note, curves, more) => {
        const some = curves.filter((curve) => curve.values.length);
        if (some.length) plots.push(placed(new Curves({
            title, note, curves: some, floor: 1, ceiling: Infinity, height: 170, format: plain,
            isWhole: false, ...common, ...more,
        })));
    };
    const shares = {format: percent, floor: 100, ceiling: 200};
    const jobs = {isWhole: true, format: (value) => plain(Math.round(value * 10) / 10)};
    const each = (key, scale) => runs.map((run, index) =>
        curve(run, key, runs.length > 1 ? run.label : "fragmented", runTones[index], scale,
            index > 0));
    const unit = runs[0].unit || "capacity";
    if (runs.length === 1) {
        add("Utilisation and demand", `Share of the cluster’s ${unit}`, [
            curve(runs[0], "used", "in use", "a", 0.1, false),
            curve(runs[0], "demand", "demand, waiting and running", "b", 0.1, true),
        ], shares);
        add("Jobs", "Waiting and running", [
            curve(runs[0], "waiting", "waiting", "b", 1, false),
            curve(runs[0], "running", "running", "a", 1, true),
        ], jobs);
    } else {
        add("Utilisation", `Share of the cluster’s ${unit} in use`, each("used", 0.1), shares);
        add("Demand", `Of jobs waiting and running, as a share of the cluster’s ${unit}`,
            each("demand", 0.1), {...shares, height: 130});
        add("Waiting jobs", "", each("waiting", 1), {...jobs, height: 130});
        add("Running jobs", "", each("running", 1), {...jobs, height: 130});
    }
    add("Fragmentation", `Free ${unit} in pieces too small for use, as a share of the cluster`,
        each("fragmented", 0.1), {format: percent, floor: 5, height: 120});
    return plots;
}

function machines(runs, common) {
    const name = (run) => (runs.length > 1 ? `: ${run.label}` : "");
    const heats = runs.filter((run) => {
        const timeline = run.timeline || {};
        return timeline.columns > 0 && listed(timeline.rows).length && seconds(run) > 0;
    }).map((run) => placed(new Heat({
        title: "Use of each machine" + name(run),
        note: run.timeline.rows.length < (run.cluster || {}).nodes
            ? "Neighbouring machines are averaged into one row" : "",
        timeline: run.timeline, duration: seconds(run), ...common,
    })));
    const gantts = runs.filter((run) => listed(run.gantt).length).map((run) => placed(new Gantt({
        title: "Job by job" + name(run), note: "", bars: run.gantt, rows: rowsOf(run),
        queues: listed(run.queues).map((group) => group.name),
        start: (run.course && run.course.start) || 0, ...common,
    })));
    return heats.concat(gantts);
}

function rowsOf(run) {
    const last = run.gantt.reduce((most, bar) => Math.max(most, bar.row), 0);
    const names = listed(run.timeline && run.timeline.rows);
    return Array.from({length: last + 1}, (_, row) => names[row] || `row ${row + 1}`);
}

function waits(runs, common) {
    const some = runs.filter((run) => run.waits && listed(run.waits.groups).length);
    const names = [...new Set(some.flatMap((run) =>
        run.waits.groups.map((group) => group.name)))];
    const top = Math.max(1, ...some.map((run) => tallest(run.waits)));
    const histograms = some.map((run) => placed(new Histogram({
        title: "How long jobs waited" + (runs.length > 1 ? `: ${run.label}` : ""),
        note: "Jobs by wait, on a logarithmic axis, stacked by size",
        edges: listed(run.waits.edges), groups: run.waits.groups, top, names, ...common,
    })));
    const tables = [["By queue", "Queue", "queues"], ["By size", "Size", "sizes"]]
        .filter(([, , key]) => runs.some((run) => listed(run[key]).length))
        .map(([title, noun, key]) => groupTable(title, noun, runs, (run) => listed(run[key])));
    return histograms.length || tables.length ? [beside(histograms), ...tables] : [];
}

function longest(runs) {
    const some = runs.filter((run) => listed(run.longest).length);
    return some.length ? [beside(some.map((run) => longestTable(run,
        runs.length > 1 ? `Longest waits: ${run.label}` : "Longest waits")))] : [];
}

function build(page, data) {
    const runs = listed(data.runs).slice(0, 2);
    if (!runs.length) {
        page.append(make("p", {class: "notice"}, "This report holds no run."));
        return;
    }
    const isAlike = runs.length > 1 && runs[0].name === runs[1].name;
    runs.forEach((run, index) => {
        run.label = isAlike ? `${run.name} (${index + 1})` : run.name || `run ${index + 1}`;
    });
    const names = runs.flatMap((run) => listed(run.timeline && run.timeline.rows));
    const common = {
        span: Math.max(...runs.map(seconds)), left: (width) => leftEdge(width, names),
    };
    const isEmpty = runs.every((run) => !(run.jobs && run.jobs.arrived));
    const parts = [
        facts(runs), headlines(runs),
        isEmpty
            ? make("p", {class: "notice"}, "No job arrived, so there is little to show.") : null,
        common.span > 0 ? section("Over time", courses(runs, common)) : null,
        common.span > 0 ? section("Machines", machines(runs, common)) : null,
        section("Waits", waits(runs, {left: () => 56})),
        section("In full", longest(runs),
            runs.some((run) => listed(run.measures).length) ? measureTable(runs) : null),
    ];
    page.append(...parts.filter((part) => part !== null));
}

// Draws what is new or whose width has changed, all widths being read before anything is written.
function drawAll(isAll) {
    const widths = drawings.map((drawing) => Math.floor(drawing.sheet.clientWidth));
    drawings.forEach((drawing, index) => {
        if (!widths[index] || (!isAll && drawing.widthDrawn === widths[index])) return;
        drawing.widthDrawn = widths[index];
        drawing.draw(widths[index]);
    });
}

function repaint() {
    for (const drawing of drawings) if (drawing.paint && drawing.widthDrawn) drawing.paint();
}

function start() {
    const began = performance.now();
    const page = document.getElementById("page");
    try {
        build(page, JSON.parse(document.getElementById("data").textContent));
        drawAll(true);
        page.dataset.state = "drawn";
    } catch (error) {
        page.append(make("p", {class: "notice", role: "alert"},
            `This report could not be drawn: ${error.message}`));
        page.dataset.state = "failed";
    }
    page.dataset.milliseconds = Math.round(performance.now() - began);
}

start();
window.addEventListener("resize", () => requestAnimationFrame(() => drawAll(false)));
darkness.addEventListener("change", repaint);
for (const [name, value] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(name, () => {
        isPrinting = value;
        repaint();
    });
}
